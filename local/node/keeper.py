"""Keeps the node's programs running, and their logs short: `python -m local.node.keeper DATA RUN`.

A machine's init would; not every machine has one that can. Everything that it needs is loaded when it starts, so the
checkout may go meanwhile. `mlp up` ends it before it changes anything and starts it last; pods' logs are the kubelet's
business.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.node import cgroups, machine, processes, programs
from local.node.cgroups import Tree
from local.node.layout import Layout

MAX_LOG = 10 * 1024 * 1024
EVERY_SECONDS = 1.0
FIRST_SECONDS, LONGEST_SECONDS = 1.0, 30.0
"""How long a program that ends at once again is left alone: doubled each time, up to the longest."""
STEADY_SECONDS = 60.0
"""Who ran that long is started at once when it ends."""


@dataclass
class Patience:
    """When a program that ended may be started again."""

    wait: float = 0.0
    started: float = field(default=float("-inf"))

    def may_start(self, now: float) -> bool:
        """Whether the time has come; if so, it is taken as started now."""
        if now - self.started > STEADY_SECONDS:
            self.wait = 0.0
        if now - self.started < self.wait:
            return False
        self.started = now
        self.wait = min(max(self.wait * 2, FIRST_SECONDS), LONGEST_SECONDS)
        return True


def limit_log(log: Path, most: int = MAX_LOG) -> None:
    """Move a long log's text to `<log>.1`; it is truncated in place, as its writer appends to it."""
    if log.is_file() and log.stat().st_size > most:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


def look(where: Layout, tree: Tree, patience: Mapping[str, Patience]) -> None:
    """Once around: start what ended, shorten what is long."""
    for name in programs.LOGGING:
        log = where.log(name)
        limit_log(log)
        program = processes.ended(name, log, where.pid_file(name))
        if program and patience[name].may_start(time.monotonic()):
            processes.start(program, tree.entry(program.group), tree.prefix(program.group))
            print(f"{time.strftime('%F %T')} {name} had ended: started again", flush=True)


def main() -> None:
    """Look, once a second, until somebody ends this."""
    where = Layout(data=Path(sys.argv[1]), run=Path(sys.argv[2]))
    tree = cgroups.tree(machine.detect())
    patience = {name: Patience() for name in programs.LOGGING}
    while True:
        try:
            look(where, tree, patience)
        except OSError as error:
            # Such as a full disk: it must not end the one who would put things right afterwards.
            print(f"{time.strftime('%F %T')} {error}", flush=True)
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    main()
