"""A Kubernetes provider for Pulumi, for machines that can't download the official one.

Serves single objects (`kubernetes:<group>/<version>:<Kind>`, CustomResource) by server-side apply; its state is
interchangeable with that of the official provider 4.34.2. `python -m local.provider` is the plugin.
"""
