"""The whole project in another folder with a state of its own, as somebody has it who brings a cluster."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from local import paths
from tests.support.commands import Ran, run
from tests.support.project_copy import rename

PARTS = ("components", "examples", "images", "local", "mlp", "stacks")


class OtherCheckout:
    """Its `mlp`.

    Args:
        folder: Where to make it; empty.
        prefix: Takes the place of `mlp` in what a cluster has but once, so that both can share the cluster.
        kubeconfig: Of the cluster.
        context: In it.
        registry: What the cluster pulls from.
    """

    def __init__(self, folder: Path, prefix: str, kubeconfig: Path, context: str, registry: str) -> None:
        self.project = folder / "project"
        for part in PARTS:
            skipped = shutil.ignore_patterns("Pulumi.*.yaml", "__pycache__", "local.json")
            shutil.copytree(paths.checkout() / part, self.project / part, ignore=skipped)
        shutil.copy(paths.checkout() / "Pulumi.yaml", self.project)
        # Images are the same, down to their tags.
        for part in ("components", "mlp", "stacks"):
            rename(self.project / part, prefix)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(self.project),
            "MLP_HOME": str(folder / "home"),
            "MLP_KUBE_CONTEXT": context,
            "MLP_REGISTRY": registry,
            "KUBECONFIG": str(kubeconfig),
        }

    def spec(self, stack: str) -> Path:
        """The spec of a stack."""
        return self.project / "stacks" / f"{stack}.yaml"

    def mlp(self, *arguments: str, seconds: float) -> Ran:
        """Run its `mlp`."""
        python = str(paths.checkout() / ".venv" / "bin" / "python")
        command = [python, "-P", "-c", "from mlp.main import run; run()", *arguments]
        return run(command, seconds, self.environment, self.project)
