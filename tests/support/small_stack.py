"""The small stack of tests/doubles, with a folder, a backend and a passphrase of its own."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

from local import paths
from tests.support.killable import Killable, Thing, thing

PROGRAM = paths.checkout() / "tests" / "doubles" / "small_stack"
KINDS = "namespaces,serviceaccounts,configmaps,secrets,roles,rolebindings,clusterroles,deployments"
OBJECTS = 8
"""How many objects the program makes."""


class SmallStack(Killable):
    """One stack of the small program.

    Args:
        name: Stack, namespace and label.
        folder: Where its project, backend and passphrase live.
        environment: As of the real stacks; backend and passphrase are replaced.
        image: What the Deployment runs.
    """

    def __init__(self, name: str, folder: Path, environment: dict[str, str], image: str) -> None:
        project, home = folder / "project", folder / "home"
        shutil.copytree(PROGRAM, project)
        (home / "state").mkdir(parents=True)
        passphrase = home / "passphrase"
        passphrase.write_text("of a test")
        own = {
            "MLP_HOME": str(home),
            # The same backend with the same options, in another folder.
            "PULUMI_BACKEND_URL": environment["PULUMI_BACKEND_URL"].replace(str(paths.backend()), str(home / "state")),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        }
        super().__init__(name, project, folder, {**environment, **own})
        self.pulumi("stack", "init", name)
        self.pulumi("config", "set-all", "--plaintext", f"image={image}", "--secret", "password=of-the-small-stack")

    def live(self) -> Counter[Thing]:
        return Counter(map(thing, self.kubectl_get(KINDS, "-A", "-l", f"app.kubernetes.io/part-of={self.name}")))
