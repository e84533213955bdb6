"""Runs one notebook for a DAG's task, beside it in the same pod: `python -m mlplatform_notebook job`.

Both containers share a folder. The task puts `job.json` there, and reads `log` while the notebook runs; at the end it
finds `output.ipynb`, `output.html` and `result.json`. If this process was killed in between (most likely for its
memory), Kubernetes starts it again: then it says so, and runs nothing twice.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import rendering

FOLDER = "/notebook"
JOB, STARTED, LOG, OUTPUT, PAGE, RESULT = "job.json", "started", "log", "output.ipynb", "output.html", "result.json"
POLL_SECONDS = 0.1
KILLED = "the notebook's process was killed: most likely it needed more memory than the task gives it (memory=...)"
SAVED_SECONDS = 5
"""So often what a running notebook has so far is written down."""


@dataclass(frozen=True)
class Job:
    """What the task asks for."""

    notebook: str
    """Its path below `code` in the shared folder."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    kernel: str = ""
    """The kernel's name; empty for the one that the notebook names, or python3."""
    cell_seconds: int = 0
    """How long one cell may take; 0 for as long as it likes."""


@dataclass(frozen=True)
class Result:
    """How it ended."""

    ok: bool
    seconds: float
    error: str = ""
    cell: int = 0
    """Of an error in the notebook: the number that its cell has in brackets."""
    lost: bool = False
    """The process was killed: the same again may help, with more memory or none of the others' load."""


def read(text: str) -> Job:
    """The job of a file."""
    return Job(**json.loads(text))


def put(path: Path, text: str) -> None:
    """Write a file that nobody sees half."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


def awaited(path: Path) -> str:
    """A file's text, once it is there."""
    while not path.is_file():
        time.sleep(POLL_SECONDS)
    return path.read_text()


def serve(folder: Path) -> None:
    """Do the job of a folder; then wait to be ended with the pod."""
    once(read(awaited(folder / JOB)), folder)
    while True:
        time.sleep(3600)


def once(job: Job, folder: Path) -> None:
    """Run it, unless that was begun before; leave a page and the result."""
    if (folder / RESULT).is_file():
        return
    if (folder / STARTED).is_file():
        result = Result(False, 0.0, KILLED, lost=True)
    else:
        (folder / STARTED).touch()
        result = run(job, folder)
    show(job, result, folder)
    put(folder / RESULT, json.dumps(asdict(result)))


def run(job: Job, folder: Path) -> Result:
    """Run the notebook; what its cells print is in the log at once."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    source = folder / "code" / job.notebook
    # So that a notebook imports what lies beside it, and what its DAG does.
    paths = [str(source.parent), str(folder / "code"), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    begun = time.monotonic()
    error, cell, lost = "", 0, False
    with (folder / LOG).open("a", buffering=1) as log, redirect_stdout(log), redirect_stderr(log):
        try:
            papermill.execute_notebook(
                str(source),
                str(folder / OUTPUT),
                parameters=dict(job.parameters),
                kernel_name=job.kernel or None,
                cwd=str(source.parent),
                progress_bar=False,
                log_output=False,
                stdout_file=log,
                stderr_file=log,
                execution_timeout=job.cell_seconds or None,
                autosave_cell_every=SAVED_SECONDS,
            )
        except PapermillExecutionError as failed:
            error, cell = f"{failed.ename}: {failed.evalue}", int(failed.exec_count or 0)
        except Exception as failed:
            lost = type(failed).__name__ == "DeadKernelError"
            error = KILLED if lost else f"{type(failed).__name__}: {failed}"
    return Result(not error, round(time.monotonic() - begun, 1), error, cell, lost)


def show(job: Job, result: Result, folder: Path) -> None:
    """Make the page of what there is, also of a run that failed. No page is no reason to fail."""
    path = folder / OUTPUT
    if not path.is_file():
        path = folder / "code" / job.notebook
    facts = {**job.facts, "ended": "well" if result.ok else result.error, "seconds": f"{result.seconds:g}"}
    try:
        import nbformat

        notebook = nbformat.read(path, as_version=4)
        put(folder / PAGE, rendering.page(notebook, job.title or job.notebook, facts))
    except Exception as error:
        print(f"no page: {type(error).__name__}: {error}", file=sys.stderr)


def main() -> None:
    """By environment: NOTEBOOK_FOLDER, what both share."""
    serve(Path(os.environ.get("NOTEBOOK_FOLDER", FOLDER)))
