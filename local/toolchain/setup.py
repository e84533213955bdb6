"""What plain `pulumi` needs in its environment: the same for a user's shell (`mlp env`) and for the Automation API."""

from __future__ import annotations

import os
from pathlib import Path

from local import paths
from local.problem import Problem
from local.tasks import Report
from local.toolchain import engine, plugins, state

PARALLEL = "32"
"""Resources at once: many wait for others to be ready, and the engine's own four a core are soon all of that kind."""


def ensure(report: Report) -> dict[str, str]:
    """Get the engine and its plugins, make the state's folder, and return the environment.

    Raises:
        Problem: Something can't be had; the text says what and what to do.
    """
    found = engine.ensure(report)
    plugins.ensure(found, report)
    state.ensure()
    report.say(f"Pulumi engine {found.source}: {found.path}")
    return environment()


def environment() -> dict[str, str]:
    """The variables to set, complete values (PATH included); changes nothing.

    Raises:
        Problem: The toolchain isn't installed yet.
    """
    if (found := engine.locate()) is None or (beside := plugins.locate(found)) is None:
        raise Problem("the toolchain isn't installed yet", "run `make up`")
    # The backend's metadata files are written in place: an engine killed between leaves a stack that nothing opens.
    variables = {
        "PULUMI_PARALLEL": os.environ.get("PULUMI_PARALLEL", PARALLEL),
        "PATH": _path(beside.folder),
        "PULUMI_BACKEND_URL": f"file://{paths.backend()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(paths.passphrase()),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    if beside.pulumi_home is not None:
        variables["PULUMI_HOME"] = str(beside.pulumi_home)
        variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    if not os.environ.get("MLP_KUBE_CONTEXT"):
        variables["KUBECONFIG"] = str(paths.kubeconfig())
    return variables


def _path(plugins_folder: Path) -> str:
    """PATH with our folders first, once, however often the environment is entered."""
    ours = [str(plugins_folder), str(paths.checkout() / ".venv" / "bin")]
    theirs = [part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part not in ours]
    return os.pathsep.join([*ours, *theirs])
