"""Saying what failed, with the end of its log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from local.node.files import last_lines
from local.node.layout import Layout
from local.node.programs import LOGGING
from local.problem import Problem


def ended(program: str, where: Layout) -> Problem:
    """A program of ours ended by itself."""
    log = where.log(program)
    return Problem(f"{program} ended:\n{last_lines(log)}", f"the whole log is {log}")


def late(missing: Sequence[str], timeout: float, where: Layout) -> Problem:
    """Things that weren't ready in time."""
    log = _log_of(missing, where)
    what = f"not ready after {timeout:.0f} s: {'; '.join(missing)}"
    return Problem(f"{what}\n{last_lines(log)}", f"the whole log is {log}; others are in {where.logs}")


def _log_of(missing: Sequence[str], where: Layout) -> Path:
    """The newest log of the first thing named that has one."""
    for text in missing:
        name = re.search(r"(?:Pod|Deployment|DaemonSet) (\S+)/(\S+)", text)
        own = f"{name.group(1)}_{name.group(2)}*" if name else f"kube-system_{text}-*"
        logs = sorted((where.logs / "pods").glob(f"{own}/*/*.log"), key=lambda path: path.stat().st_mtime)
        if logs and logs[-1].stat().st_size:
            return logs[-1]
        if text in LOGGING:
            return where.log(text)
    return where.log("kubelet")
