"""On which cluster the local stacks stand: the embedded node, or the one that MLP_KUBE_CONTEXT names."""

from __future__ import annotations

import os
from dataclasses import dataclass

from local.problem import Problem

CONTEXT, REGISTRY = "MLP_KUBE_CONTEXT", "MLP_REGISTRY"


@dataclass(frozen=True)
class Target:
    """A cluster and the registry that it pulls from; both None for the embedded node."""

    context: str | None = None
    registry: str | None = None

    @property
    def embedded(self) -> bool:
        """Whether this machine is the cluster."""
        return self.context is None


def current() -> Target:
    """What the environment says.

    Raises:
        Problem: Only one of the two is given.
    """
    context, registry = os.environ.get(CONTEXT) or None, os.environ.get(REGISTRY) or None
    if (context is None) != (registry is None):
        given, missing = (CONTEXT, REGISTRY) if registry is None else (REGISTRY, CONTEXT)
        raise Problem(
            f"{given} is set ({context or registry}) and {missing} isn't",
            f"set {missing} too: a cluster of your own needs a registry that it can pull from; or unset {given} "
            "for the embedded node",
        )
    return Target(context, registry)
