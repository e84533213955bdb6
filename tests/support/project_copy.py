"""A copy of the project's specs and program with a state of its own, to try things on beside the real stacks."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from local import paths
from tests.support.commands import Ran, run

OURS = re.compile(
    r"\bmlp-(?=(foundation|platform|examples)\b)|(?<=\")(?=(mlplatform-tenancy|mlplatform-serving|mlplatform-hub|team-images|notebook-pods)\")"
)
"""Namespaces, and names that a cluster has but once."""
GROUP = "mlplatform.dev"
"""The API group of our kinds, of which a cluster has but one of each."""


class ProjectCopy:
    """The same program from another folder.

    Args:
        folder: Where to make it; doesn't exist yet or is empty.
        environment: What plain `pulumi` needs for the real stacks.
        prefix: Takes the place of `mlp` in the names of namespaces, of the API group and of what else a cluster has but
            once, so that a copy can stand beside the original.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], prefix: str = "mlp") -> None:
        self.project = folder / "project"
        for part in ("stacks", "components"):
            skipped = shutil.ignore_patterns("Pulumi.*.yaml", "__pycache__")
            shutil.copytree(paths.checkout() / part, self.project / part, ignore=skipped)
        shutil.copy(paths.checkout() / "Pulumi.yaml", self.project)
        if prefix != "mlp":
            rename(self.project, prefix)
        (folder / "state").mkdir()
        (folder / "passphrase").write_text(secrets.token_urlsafe(32))
        backend = environment["PULUMI_BACKEND_URL"].replace(str(paths.backend()), str(folder / "state"))
        self.environment = {
            **environment,
            # The program imports `stacks` and `components`: from here, not from the checkout.
            "PYTHONPATH": str(self.project),
            "PULUMI_BACKEND_URL": backend,
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder / "passphrase"),
        }

    def spec(self, stack: str) -> Path:
        """The spec of a stack."""
        return self.project / "stacks" / f"{stack}.yaml"

    def pulumi(self, *arguments: str, seconds: float = 60) -> Ran:
        """Run plain `pulumi` on the copy."""
        return run(["pulumi", "--non-interactive", *arguments], seconds, self.environment, self.project)

    def init(self, stack: str) -> None:
        """Make a stack with a root secret of its own."""
        self.pulumi("stack", "init", stack).must_succeed()
        # Over a pipe, as `mlp` does: arguments can be read by everybody on the machine.
        subprocess.run(
            ["pulumi", "config", "set", "rootSecret", "--secret", "--stack", stack],
            cwd=self.project,
            env=self.environment,
            input=secrets.token_urlsafe(32),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )


def rename(folder: Path, prefix: str) -> None:
    """Give what a cluster has but once other names, in all sources of a folder."""
    for file in [*folder.rglob("*.py"), *folder.rglob("*.yaml")]:
        text = file.read_text()
        if (renamed := renamed_for(prefix, text)) != text:
            file.write_text(renamed)


def renamed_for(prefix: str, text: str) -> str:
    """A source text of the project as a copy with another prefix has it."""
    return OURS.sub(f"{prefix}-", text).replace(GROUP, f"{prefix}.dev")
