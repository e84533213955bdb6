"""What is on the volume: repositories and who may use them. A change is a rename, so a kill leaves the old or the new.

repositories/<name>.git    bare repositories
access/<name>.json         password's hash, and who checks pushes
making/                    what isn't finished; emptied at each start
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from . import git
from .access import NOBODY, Access
from .limits import Limits

README = """# DAGs
Each folder here is a project: `dags/<project>/`. A push to `main` is checked, and Airflow takes it within seconds.
"""


class Store:
    """The volume. No method is for two callers at once with the same name, but reading."""

    def __init__(self, root: Path, bounds: Limits) -> None:
        self.bounds = bounds
        self.repositories, self._access, self._making = (root / part for part in ("repositories", "access", "making"))

    def prepare(self) -> None:
        """Make the folders, and remove what a killed process left."""
        shutil.rmtree(self._making, ignore_errors=True)
        for folder in (self.repositories, self._access, self._making):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for repository in self.repositories.iterdir():
            clear(repository)

    def path(self, name: str) -> Path:
        """Where a repository is or would be."""
        return self.repositories / f"{name}.git"

    def access(self, name: str) -> Access | None:
        """Who may use it, if anybody."""
        try:
            return Access.from_json((self._access / f"{name}.json").read_text())
        except FileNotFoundError:
            return None

    def opens(self, name: str, password: str) -> Access | None:
        """The access that this password gives, in the same time whether or not there is such a user."""
        found = self.access(name)
        return found if (found or NOBODY).opened_by(password) and found else None

    def allow(self, name: str, access: Access) -> bool:
        """Make the repository if it isn't there, and let this user in and no other; whether either is new."""
        new = not self.path(name).exists() or self.access(name) is None
        if not self.path(name).exists():
            made = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._making)) / "made.git"
            git.make(made, self.bounds, README)
            made.rename(self.path(name))
            _sync(self.repositories)
            made.parent.rmdir()
        with tempfile.NamedTemporaryFile("w", dir=self._making, delete=False) as file:
            file.write(access.to_json())
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).rename(self._access / f"{name}.json")
        _sync(self._access)
        return new

    def refuse(self, name: str) -> None:
        """Let nobody in; the repository stays."""
        (self._access / f"{name}.json").unlink(missing_ok=True)
        _sync(self._access)

    def purge(self, name: str) -> None:
        """Remove the repository."""
        gone = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._making))
        with contextlib.suppress(FileNotFoundError):
            self.path(name).rename(gone / "gone.git")
        _sync(self.repositories)
        shutil.rmtree(gone)

    def head(self, name: str) -> str | None:
        """The newest commit of main; None if there is no such repository."""
        return git.head(self.path(name), self.bounds) if self.path(name).exists() else None


def clear(repository: Path) -> None:
    """Remove what a killed git left: locks, and objects on their way in. Only while nothing writes there."""
    for lock in repository.rglob("*.lock"):
        lock.unlink(missing_ok=True)
    (repository / "gc.pid").unlink(missing_ok=True)
    objects = repository / "objects"
    for pattern in ("incoming-*", "tmp_objdir-*"):
        for folder in objects.glob(pattern):
            shutil.rmtree(folder, ignore_errors=True)
    for pattern in ("pack/tmp_*", "pack/.tmp-*", "pack/*.keep", "??/tmp_obj_*", "info/commit-graphs/tmp_*"):
        for file in objects.glob(pattern):
            file.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    # A rename is on the disk when its folder is.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
