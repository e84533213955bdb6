"""A project of DAGs into a team's repository, and from there into its Airflow."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.problem import Problem
from mlp import airflow, console, credentials, dags, repository, target, team_airflow, teams
from mlp.airflow import Airflow
from mlp.repository import Behind, Clone
from mlp.target import Target

DAGS = "dags"
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


def run(path: Path, team: str, wait: bool, dry_run: bool) -> None:
    """Push a folder to `dags/<its name>` of a team's repository, and say what became of it.

    Raises:
        Problem: The folder has no DAG, the team isn't up, or the server refuses the push: one of its DAGs is wrong.
    """
    project = read(path)
    where = target.current()
    outputs = teams.require_up(team).outputs
    given = credentials.read("repository", team, where)
    with repository.cloned(outputs["repository"], given) as clone:
        if dry_run:
            place(project, clone)
            changes = clone.changes()
            print("\n".join(changes or ["nothing differs from what is there"]))
            print("\nnothing was pushed")
            return
    commit = push(project, team, where)
    if wait:
        show(team_airflow.of(team, where, WAIT_SECONDS), project.name, commit)


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


def push(project: Project, team: str, where: Target, note: str = "") -> str:
    """Push it unless the repository has just that; the commit that has it.

    Args:
        project: What to push.
        team: Whose repository.
        where: The cluster.
        note: A last line for the commit's message.

    Raises:
        Problem: The server refuses.
    """
    address = teams.require_up(team).outputs["repository"]
    given = credentials.read("repository", team, where)
    for _ in range(TRIES):
        with repository.cloned(address, given) as clone:
            place(project, clone)
            if not (changes := clone.changes()):
                console.say(f"  {project.name}: nothing differs from version {short(clone.head)}")
                return clone.head
            try:
                said = clone.push(message(project, note), repository.author(project.folder))
            except Behind:
                continue
            console.say(f"  {project.name}: {len(changes)} files pushed as version {short(clone.head)}")
            for line in said:
                console.say(f"    {line}")
            return clone.head
    raise Problem(f"others pushed to {address} each time", "run it again")


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


def show(client: Airflow, project: str, commit: str) -> None:
    """Wait until Airflow has a version of a project, and print its DAGs.

    Raises:
        Problem: It doesn't take it in time.
    """
    start = time.monotonic()
    while not (found := arrived(client, project, commit)):
        if time.monotonic() - start > WAIT_SECONDS:
            raise _never(client, project, commit)
        time.sleep(airflow.POLL_SECONDS)
    console.say(f"  Airflow has version {short(commit)} after {time.monotonic() - start:.0f} s")
    rows = [(name, short(commit), f"{client.address}/dags/{name}") for name in found]
    print(console.table(("dag", "version", "address"), rows), flush=True)


def arrived(client: Airflow, project: str, commit: str) -> Sequence[str]:
    """The project's DAGs, if Airflow has all of them at this commit; else none."""
    found = [one for one in dags.every(client) if one["relative_fileloc"].startswith(f"{project}/")]
    return sorted(one["dag_id"] for one in found) if all(one["bundle_version"] == commit for one in found) else []


def _never(client: Airflow, project: str, commit: str) -> Problem:
    broken = [
        one for one in client.pages("/importErrors", "import_errors") if one["filename"].startswith(f"{project}/")
    ]
    told = "".join(f"\n  {one['filename']}: {one['stack_trace'].strip().splitlines()[-1]}" for one in broken)
    return Problem(
        f"Airflow hasn't version {short(commit)} of {project} after {WAIT_SECONDS:.0f} s{told}",
        "mend the file" if broken else "it is pushed; see `mlp airflow logs --component dag-processor` why",
    )


def short(commit: str) -> str:
    """A commit as people read it."""
    return commit[:8]
