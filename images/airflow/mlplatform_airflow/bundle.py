"""The team's repository as a DAG bundle: Airflow's own, asked for cheaply and parsed as a whole when it changes."""

from __future__ import annotations

import os
import subprocess
from typing import Any

from airflow.providers.git.bundles.git import GitDagBundle


class TeamBundle(GitDagBundle):  # type: ignore[misc]  # Airflow is in the image alone
    """GitDagBundle with two differences, both for its dag-processor.

    - It asks for the branch's commit, which is one small request, and fetches only if that is new.
    - A new commit makes every file new, so all are parsed at once, also those whose helper modules alone changed;
      without one nothing has to be parsed again and again.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._seen = ""

    def refresh(self) -> None:
        """Take in the branch's newest commit."""
        if self.version or not self._seen or self._remote() != self._seen:
            super().refresh()
            if not self.version:
                self._touch()
                self._seen = self._current()

    def _current(self) -> str:
        return str(self.get_current_version())

    def _remote(self) -> str:
        """The commit that the branch is at, on the server."""
        command = ["git", "ls-remote", str(self.repo_url), f"refs/heads/{self.tracking_ref}"]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
        return answer.split("\t")[0]

    def _touch(self) -> None:
        if self._current() == self._seen:
            return
        for path in self.path.rglob("*.py"):
            os.utime(path)
