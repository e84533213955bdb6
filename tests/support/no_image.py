"""A stack whose image isn't there: what its `up` says, which waits most of a minute for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from local import paths
from tests.support.cluster import Cluster
from tests.support.killable import Thing, environment_for
from tests.support.small_stack import SmallStack

IMAGE = "100.64.0.1:5000/nothing:1"


@dataclass(frozen=True)
class NoImage:
    """What came of it."""

    code: int
    said: str
    pod: str
    """The name of its pod."""
    left: Counter[Thing]
    """On the cluster, after `destroy`."""


def up(cluster: Cluster, folder: Path) -> NoImage:
    """Up, then destroyed."""
    stack = SmallStack("e2e-no-image", folder, environment_for(paths.kubeconfig()), IMAGE)
    try:
        ran = stack.up(check=False)
        (pod,) = cluster.items("pods", "-n", stack.name)
    finally:
        stack.destroy()
    return NoImage(ran.returncode, ran.stdout + ran.stderr, str(pod["metadata"]["name"]), stack.live())
