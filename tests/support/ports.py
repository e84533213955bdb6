"""Ports of this machine for what tests start."""

from __future__ import annotations

import random
import socket

FROM, TO = 20_000, 29_999
"""Below those that Linux gives to outgoing connections, and those of a node: no test beside takes one by chance."""
TRIES = 50


def free_port() -> int:
    """One that nothing listens on, at any address.

    Raises:
        OSError: None was found.
    """
    for _ in range(TRIES):
        port = random.randint(FROM, TO)
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {FROM} and {TO}")
