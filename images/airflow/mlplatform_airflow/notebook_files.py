"""What a task gives the notebook beside it, what it takes back, and where that is kept in the team's bucket."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

TOP = "notebooks"
"""Where in the bucket they are kept."""
POLL_SECONDS = 0.3
MOST_BYTES = 256 * 2**20
"""Of the folder that the notebook lies in, which it gets a copy of."""
OUTPUTS = {"output.ipynb": (".ipynb", "application/x-ipynb+json"), "output.html": (".html", "text/html")}


@dataclass(frozen=True)
class Kept:
    """Whose output it is."""

    dag: str
    run: str
    task: str
    index: int = -1

    @property
    def name(self) -> str:
        """The task; one of several has its number."""
        return self.task if self.index < 0 else f"{self.task}-{self.index}"

    @property
    def key(self) -> str:
        """Its key in the bucket, without an ending."""
        return f"{TOP}/{self.dag}/{self.run}/{self.name}"


@dataclass(frozen=True)
class Result:
    """How a notebook ended, as `mlplatform_notebook.job` writes it."""

    ok: bool
    seconds: float
    error: str = ""
    cell: int = 0
    lost: bool = False


def address(kept: Kept) -> str:
    """Where people see it: behind the team's Airflow."""
    base = os.environ.get("AIRFLOW__API__BASE_URL", "").rstrip("/")
    return f"{base}/notebooks/{'/'.join(quote(part, safe='') for part in (kept.dag, kept.run, kept.name))}"


class Handover:
    """The folder that both containers of the pod see."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shown = 0

    def give(self, notebook: Path, asked: Mapping[str, Any]) -> None:
        """Copy the notebook with all that lies beside it, then say what is to be done.

        Raises:
            ValueError: That is more than a notebook's folder should be.
        """
        source = notebook.parent
        size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
        if size > MOST_BYTES:
            raise ValueError(f"{source.name} has {size / 2**20:.0f} MiB: keep data in the bucket, not beside a DAG")
        target = self._folder / "code" / source.name
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".git"), dirs_exist_ok=True)
        job = self._folder / "job.json"
        fresh = job.with_suffix(".new")
        fresh.write_text(json.dumps({"notebook": f"{source.name}/{notebook.name}", **asked}))
        fresh.replace(job)

    def follow(self, say: Callable[[str], None], pause: Callable[[float], None] = time.sleep) -> Result:
        """Say what the notebook says, until it has ended."""
        path = self._folder / "result.json"
        while not path.is_file():
            self._show(say)
            pause(POLL_SECONDS)
        self._show(say, rest=True)
        return Result(**json.loads(path.read_text()))

    def _show(self, say: Callable[[str], None], *, rest: bool = False) -> None:
        """Whole lines of the log that weren't said yet; at the end the rest."""
        log = self._folder / "log"
        if not log.is_file():
            return
        with log.open("rb") as file:
            file.seek(self._shown)
            new = file.read()
        if not rest:
            new = new[: new.rfind(b"\n") + 1]
        self._shown += len(new)
        for line in new.decode(errors="replace").splitlines():
            say(line)

    def keep(self, kept: Kept, client: Any = None) -> list[str]:
        """Put what there is into the team's bucket; returns where."""
        bucket = os.environ.get("TEAM_BUCKET", "")
        there = [name for name in OUTPUTS if (self._folder / name).is_file()]
        if not there or not bucket:
            return []
        if client is None:
            import boto3

            client = boto3.client("s3")
        made = []
        for name in there:
            ending, kind = OUTPUTS[name]
            client.upload_file(
                str(self._folder / name), bucket, kept.key + ending, ExtraArgs={"ContentType": f"{kind}; charset=utf-8"}
            )
            made.append(f"s3://{bucket}/{kept.key}{ending}")
        return made
