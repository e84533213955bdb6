"""A project of DAGs into a team's repository, and from there into its Airflow."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.problem import Problem
from mlp import airflow, console, credentials, dags, repository, target, team_airflow, teams
from mlp.airflow import Airflow
from mlp.repository import Behind, Clone
from mlp.target import Target

DAGS = "dags"
FOUND = "DAGs: "
"""How the server begins the list of DAGs that it found in a push."""
TRIES = 3
WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Project:
    """A folder that has DAGs."""

    folder: Path
    files: tuple[Path, ...]
    """Relative to it."""

    @property
    def name(self) -> str:
        """The package that its files import each other from, and its place in the repository."""
        return self.folder.name


@dataclass(frozen=True)
class Pushed:
    """What the repository has now."""

    commit: str
    dags: frozenset[str] = frozenset()
    """All DAGs of the repository, where its server said so."""


def run(path: Path, team: str, wait: bool, dry_run: bool) -> None:
    """Push a folder to `dags/<its name>` of a team's repository, and say what became of it.

    Raises:
        Problem: The folder has no DAG, the team isn't up, or the server refuses the push: one of its DAGs is wrong.
    """
    project = read(path)
    where = target.current()
    if dry_run:
        _would(project, team, where)
        return
    pushed = push(project, team, where)
    if wait:
        show(team_airflow.of(team, where, WAIT_SECONDS), project, pushed)


def read(path: Path) -> Project:
    """The project in a folder.

    Raises:
        Problem: It isn't one; says why.
    """
    folder = path.resolve()
    if not folder.is_dir():
        raise Problem(f"{path} isn't a folder", "name the folder of a project: its DAGs and what they import")
    if not folder.name.isidentifier():
        raise Problem(
            f"{folder.name!r} can't be imported from, and a project's files import each other by its folder's name",
            "rename the folder: letters, digits and '_', such as keyword_recommender",
        )
    files = repository.files(folder)
    if not any(_may_have_dag(folder / file) for file in files):
        raise Problem(
            f"{path} has no DAG", "put a Python file there that imports airflow and makes a DAG (`@dag` or `DAG(...)`)"
        )
    return Project(folder, tuple(files))


def _may_have_dag(file: Path) -> bool:
    """As Airflow itself decides which files to import (`might_contain_dag`)."""
    if file.suffix != ".py":
        return False
    text = file.read_bytes().lower()
    return b"dag" in text and b"airflow" in text


def _would(project: Project, team: str, where: Target) -> None:
    with cloned(team, where) as clone:
        place(project, clone)
        print("\n".join(clone.changes() or ["nothing differs from what is there"]))
    print("\nnothing was pushed")


def cloned(team: str, where: Target, depth: int | None = 1) -> AbstractContextManager[Clone]:
    """A team's repository for a moment; so many commits of it, all if None.

    Raises:
        Problem: The team isn't up, or its repository can't be had.
    """
    address: str = teams.require_up(team).outputs["repository"]
    return repository.cloned(address, credentials.read("repository", team, where), depth)


def push(project: Project, team: str, where: Target, note: str = "") -> Pushed:
    """Push it unless the repository has just that.

    Args:
        project: What to push.
        team: Whose repository.
        where: The cluster.
        note: A last line for the commit's message.

    Raises:
        Problem: The server refuses.
    """
    for _ in range(TRIES):
        with cloned(team, where) as clone:
            place(project, clone)
            if not (changes := clone.changes()):
                console.say(f"  {project.name}: nothing differs from version {short(clone.head)}")
                return Pushed(clone.head)
            try:
                said = clone.push(message(project, note), repository.author(project.folder))
            except Behind:
                continue
            console.say(f"  {project.name}: {len(changes)} files pushed as version {short(clone.head)}")
            for line in said:
                console.say(f"    {line}")
            return Pushed(clone.head, _dags(said))
    raise Problem(f"others pushed to the repository of {team} each time", "run it again")


def _dags(said: Sequence[str]) -> frozenset[str]:
    """What the server's check found."""
    listed = next((line.removeprefix(FOUND) for line in said if line.startswith(FOUND)), "none")
    return frozenset() if listed == "none" else frozenset(listed.split(", "))


def place(project: Project, clone: Clone) -> None:
    """Put the project's files into a clone, in the place of what was there."""
    there = clone.folder / DAGS / project.name
    shutil.rmtree(there, ignore_errors=True)
    for file in project.files:
        (there / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.folder / file, there / file)


def message(project: Project, note: str = "") -> str:
    """Of the commit: what it is, and of which commit."""
    source = repository.source(project.folder)
    parts = [f"Push {project.name}", f"Source commit: {source}" if source else "", note]
    return "\n\n".join(part for part in parts if part)


def show(client: Airflow, project: Project, pushed: Pushed) -> None:
    """Wait until Airflow has a version of a project, and print its DAGs.

    Raises:
        Problem: It doesn't take it in time.
    """
    start = time.monotonic()
    while not (found := arrived(dags.every(client), project, pushed)):
        if time.monotonic() - start > WAIT_SECONDS:
            raise _never(client, project, pushed)
        time.sleep(airflow.POLL_SECONDS)
    console.say(f"  Airflow has version {short(pushed.commit)} after {time.monotonic() - start:.0f} s")
    rows = [(name, short(pushed.commit), f"{client.address}/dags/{name}") for name in found]
    print(console.table(("dag", "version", "address"), rows), flush=True)


def arrived(found: Sequence[Mapping[str, Any]], project: Project, pushed: Pushed) -> list[str]:
    """The project's DAGs of this version if Airflow has read all of it, else none.

    Args:
        found: All DAGs of the team, as Airflow describes them.
        project: What was pushed.
        pushed: As which version.
    """
    now = {str(one["dag_id"]) for one in found if one["bundle_version"] == pushed.commit}
    places = {str(one["dag_id"]): str(one["relative_fileloc"]) for one in found}
    own = {name: place for name, place in places.items() if place.startswith(f"{project.name}/")}
    there = sorted(set(own) & now)
    if pushed.dags:
        return there if pushed.dags <= now else []
    # Nothing was pushed now. A DAG that went from its file is in Airflow's list for some minutes yet, as it was.
    files = {place for place in own.values() if Path(*Path(place).parts[1:]) in project.files}
    return there if files and files == {own[name] for name in there} else []


def _never(client: Airflow, project: Project, pushed: Pushed) -> Problem:
    errors = client.pages("/importErrors", "import_errors")
    broken = [one for one in errors if one["filename"].startswith(f"{project.name}/")]
    told = "".join(f"\n  {one['filename']}: {one['stack_trace'].strip().splitlines()[-1]}" for one in broken)
    return Problem(
        f"Airflow hasn't version {short(pushed.commit)} of {project.name} after {WAIT_SECONDS:.0f} s{told}",
        "mend the file" if broken else "it is pushed; see `mlp airflow logs --component dag-processor` why",
    )


def short(commit: str) -> str:
    """A commit as people read it."""
    return commit[:8]
