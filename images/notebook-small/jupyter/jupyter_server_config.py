"""Jupyter reads this from /etc/jupyter; what the hub gives as arguments wins over it."""

c = get_config()

c.ServerApp.contents_manager_class = "mlplatform_notebook.contents.Contents"
c.ServerApp.root_dir = "/home/mlp"
# A pod of this person alone: no other address leads to it than the hub's proxy.
c.ServerApp.ip = "0.0.0.0"  # noqa: S104
c.ServerApp.open_browser = False
# Nothing asks the internet: no news, no list of extensions, no look for newer versions.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
# What is deleted is gone: a volume has no trash that anybody empties.
c.FileContentsManager.delete_to_trash = False
c.FileContentsManager.always_delete_dir = True
# Language servers aren't in the image, nor is Jupyter's second way to show documents.
c.ServerApp.jpserver_extensions = {"jupyter_lsp": False, "notebook_shim": False}
