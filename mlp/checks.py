"""What has to be met before anything starts."""

from __future__ import annotations

import os
from collections.abc import Sequence

from local import preflight
from local.preflight import Finding
from local.problem import Problem
from mlp import console, graph
from mlp.target import Target


def findings(where: Target) -> list[Finding]:
    """What isn't met on this machine for the cluster meant."""
    return preflight.check(graph.node_config() if where.embedded else None)


def require(found: Sequence[Finding]) -> None:
    """Say all that isn't met; stop if some of it makes success impossible.

    Raises:
        Problem: Every fatal finding, each with its fix.
    """
    for finding in found:
        if not finding.fatal:
            console.say(f"warning: {finding.what}\n  fix: {finding.fix}")
    fatal = [finding for finding in found if finding.fatal]
    if len(fatal) == 1:
        raise Problem(fatal[0].what, fatal[0].fix)
    if fatal:
        listed = "".join(f"\n  - {finding.what}\n    fix: {finding.fix}" for finding in fatal)
        raise Problem(f"{len(fatal)} things aren't met on this machine{listed}", "mend each of them and run it again")


def require_root() -> None:
    """Refuse to touch the embedded node's data as somebody else.

    Raises:
        Problem: This isn't root.
    """
    if os.geteuid() != 0:
        raise Problem("you are not root, and the embedded node is root's", "run it with sudo")
