"""Imports a folder of DAG files as the dag-processor would, in a process of its own with limits on time and memory."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, NoReturn, TypedDict

from . import archive
from .findings import Finding, findings

SECONDS = 45
"""Of the 60 that the git server waits."""
MORE_MEMORY = 512 * 2**20
"""Bytes of address space that the files may take on top of what Airflow itself has."""


class Report(TypedDict):
    """The answer of `POST /check`."""

    dags: list[str]
    errors: list[Finding]


def check(body: bytes) -> Report:
    """What the files of a tar give: the ids of their DAGs, and their errors.

    Raises:
        archive.RefusedError: The body isn't such a tar.
    """
    with tempfile.TemporaryDirectory(prefix="check-") as made:
        folder = archive.unpack(body, Path(made))
        return _apart(lambda: _load(folder))


def _load(folder: Path) -> Report:
    """Airflow's own way from files to what it stores of them, without storing."""
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.dag_processing.processor import _serialize_dags
    from airflow.utils.log.logging_mixin import LoggingMixin

    bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="team", load_op_links=False)
    _, unserialized = _serialize_dags(bag, LoggingMixin().log)
    return {"dags": sorted(bag.dag_ids), "errors": findings({**bag.import_errors, **unserialized}, str(folder))}


def _apart(load: Callable[[], Report]) -> Report:
    """Run it in a forked process; one that ends without a report, or takes too long, is an error too."""
    readable, writable = os.pipe()
    if (child := os.fork()) == 0:
        os.close(readable)
        _inside(load, writable)
    os.close(writable)
    with os.fdopen(readable, "rb", buffering=0) as pipe:
        text, in_time = _read(pipe, time.monotonic() + SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if text:
        with contextlib.suppress(ValueError):
            report: Report = json.loads(text)
            return report
    return {"dags": [], "errors": [{"file": "dags", "error": _ending(status, in_time=in_time)}]}


def _read(pipe: IO[bytes], end: float) -> tuple[bytes, bool]:
    """All that it writes until it ends, and whether it did in time."""
    import select

    parts: list[bytes] = []
    while (left := end - time.monotonic()) > 0:
        if not select.select([pipe], [], [], left)[0]:
            break
        if not (part := pipe.read(65536)):
            return b"".join(parts), True
        parts.append(part)
    return b"", False


def _ending(status: int, *, in_time: bool) -> str:
    if not in_time:
        return f"importing the files took longer than {SECONDS} s"
    if os.WIFSIGNALED(status):
        return f"importing the files ended the process by signal {os.WTERMSIG(status)}"
    return f"importing the files ended the process with exit code {os.waitstatus_to_exitcode(status)}"


def _inside(load: Callable[[], Report], writable: int) -> NoReturn:
    """The child: what it imports can neither outlive it nor eat the pod's memory."""
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MORE_MEMORY, size + MORE_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        text = json.dumps(load()).encode()
        while text:
            text = text[os.write(writable, text) :]
        os._exit(0)
    except BaseException as error:
        print(f"check: {type(error).__name__}: {error}", flush=True)
        os._exit(error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else 1)
