"""A real PostgreSQL server of these tests alone, where the machine has its programs; SQLite everywhere."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

USER, PASSWORD = "team-x", "a-password"
NOBODY = 65534


def program(name: str) -> str | None:
    """A server's program: Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of the database of a team, whose role owns it as the platform makes it."""
    if (initdb := program("initdb")) is None or (server := program("postgres")) is None:
        pytest.skip("PostgreSQL's programs aren't on this machine")
    # A path for a socket is short; and the server refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    if who:
        os.chown(folder, NOBODY, NOBODY)
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    made = [initdb, "-D", f"{folder}/data", "-U", USER, f"--pwfile={secret}", "-A", "scram-sha-256", "-N"]
    subprocess.run(made, check=True, capture_output=True, cwd=folder, **who)  # type: ignore[call-overload]  # who to be
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    process = subprocess.Popen([server, "-D", f"{folder}/data", *options], cwd=folder, stderr=subprocess.DEVNULL, **who)  # type: ignore[call-overload]  # the same
    end = time.monotonic() + 20
    while not (folder / ".s.PGSQL.5432.lock").exists():
        assert process.poll() is None and time.monotonic() < end, "PostgreSQL doesn't start"
        time.sleep(0.05)
    try:
        yield f"postgresql+psycopg2://{USER}:{PASSWORD}@/postgres?host={folder}"
    finally:
        # A fast shutdown: it waits for no client.
        process.send_signal(signal.SIGINT)
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
