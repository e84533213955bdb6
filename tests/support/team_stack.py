"""A team's stack with a backend of its own on the platform that is up, driven by plain `pulumi`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from mlp import config, state
from stacks import samples
from tests.support.killable import Killable, Thing, thing
from tests.support.project_copy import ProjectCopy

FORM = "local-team-search"
MANAGER = "pulumi-kubernetes"
NOT_LISTED = {"events", "events.events.k8s.io", "pods.metrics.k8s.io"}
"""Kinds that nobody applies."""
KEPT = ("PersistentVolumeClaim", "team-shared")
"""Kind and name of what `destroy` leaves to the end of its namespace: nobody's files go with a changed spec."""


class TeamStack(Killable):
    """A team in the form of `search` that takes its data along when it goes.

    Args:
        name: The team's.
        folder: Where its project, backend and passphrase live; empty.
        environment: What plain `pulumi` needs for the real stacks.
    """

    # One call after the other: then it is known which of them was killed.
    options = ("--parallel", "1")

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str]) -> None:
        copy = ProjectCopy(folder, environment)
        self.namespace = f"team-{name}"
        stack = f"local-team-{name}"
        form = copy.spec(FORM).read_text()
        copy.spec(stack).write_text(
            form.replace("name: search", f"name: {name}").replace("on_removal: keep", "on_removal: purge")
        )
        outputs = state.read(config.PLATFORM).outputs
        (folder / "platform.json").write_text(json.dumps(samples.deployment(config.PLATFORM, outputs)))
        copy.init(config.PLATFORM)
        copy.pulumi(
            "stack", "import", "--stack", config.PLATFORM, "--file", str(folder / "platform.json")
        ).must_succeed()
        copy.init(stack)
        super().__init__(stack, copy.project, folder, {**copy.environment, "MLP_HOME": str(folder)})

    @cached_property
    def _kinds(self) -> str:
        """Every kind that can be in a namespace: what a team has is found whatever it is."""
        given = self.kubectl("api-resources", "--namespaced", "--verbs=list", "-o", "name").split()
        return ",".join(sorted(set(given) - NOT_LISTED))

    @property
    def kept(self) -> Counter[Thing]:
        """What may be live and not in the state: it goes with the namespace."""
        kind, name = KEPT
        return Counter([Thing(kind, self.namespace, name)])

    @staticmethod
    def keeps(urn: str) -> bool:
        """Whether a resource is let go of, so that no call deletes it."""
        kind, name = KEPT
        return urn.endswith(f":{kind}::{name}")

    def live(self) -> Counter[Thing]:
        inside = self.kubectl_get(self._kinds, "-n", self.namespace)
        itself = self.kubectl_get("namespaces", f"--field-selector=metadata.name={self.namespace}")
        return Counter(thing(one) for one in (*inside, *itself) if _is_ours(one["metadata"]))


def _is_ours(metadata: Mapping[str, list[dict[str, str]]]) -> bool:
    """Whether Pulumi applied it: Kubernetes and the controllers make things there too."""
    return any(entry["manager"].startswith(MANAGER) for entry in metadata.get("managedFields", ()))
