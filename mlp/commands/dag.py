"""`mlp dag`: DAGs into a team's Airflow, and their runs."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from local.problem import Problem
from mlp.completion import Team

app = typer.Typer(name="dag", help="Pipelines of a team: pushed, listed, run.", no_args_is_help=True)
Dag = Annotated[str, typer.Argument(metavar="DAG", help="Its id.")]


class Again(StrEnum):
    """Which of the days that have a run already are run again."""

    none = "none"
    failed = "failed"
    completed = "completed"


@app.command()
def push(
    path: Annotated[Path, typer.Argument(help="The folder of a project, such as examples/keyword_recommender.")],
    team: Team,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until Airflow has it.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Commit a folder to dags/<its name> of the team's repository. A DAG that can't be imported is refused."""
    from mlp import dag_push

    dag_push.run(path, team, wait, dry_run)


@app.command("list")
def list_(team: Team, as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False) -> None:
    """List the team's DAGs with the version that Airflow has of each."""
    from mlp import console, dags, target, team_airflow

    found = dags.every(team_airflow.of(team, target.current()))
    if as_json:
        print(json.dumps(found, indent=2))
        return
    print(console.table(("dag", "status", "schedule", "version", "file"), dags.rows(found)))


@app.command()
def run(
    dag: Dag,
    team: Team,
    conf: Annotated[str, typer.Option("--conf", help="What the run is told, as JSON.")] = "{}",
    logical_date: Annotated[
        str | None, typer.Option("--logical-date", metavar="DATE", help="The day that it is for, such as 2026-11-23.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Show its tasks until it ends.")] = False,
) -> None:
    """Start a run of a DAG. With --wait, exit code 1 if it fails."""
    from mlp import console, dags, target, team_airflow

    told, date = _json(conf), None if logical_date is None else dags.moment(logical_date)
    client = team_airflow.of(team, target.current())
    number = dags.start(client, dag, told, date)
    console.say(f"  {dag}: run {number}")
    if not wait:
        console.say(f"  see {client.address}/dags/{dag}")
        return
    succeeded = dags.watch(client, dag, number)
    print(console.table(("task", "state", "try", "seconds"), dags.task_rows(dags.tasks(client, dag, number))))
    if not succeeded:
        raise Problem(
            f"run {number} of {dag} failed", f"see why: mlp airflow logs --team {team} --dag {dag} --run {number}"
        )


@app.command()
def backfill(
    dag: Dag,
    team: Team,
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day, such as 2026-11-01.")],
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="The last day.")],
    at_once: Annotated[int, typer.Option("--at-once", min=1, help="Runs at the same time.")] = 2,
    again: Annotated[Again, typer.Option("--again", help="Days to run again though they have a run.")] = Again.none,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Show its runs until all have ended.")] = False,
) -> None:
    """Run a DAG for each day of a range. With --wait, exit code 1 if a run fails."""
    from mlp import console, dags, target, team_airflow

    days = dags.moment(first), dags.moment(last)
    client = team_airflow.of(team, target.current())
    number = dags.backfill(client, dag, *days, at_once, str(again))
    console.say(f"  {dag}: backfill {number}")
    if wait and (failed := dags.watch_backfill(client, number).get("failed", 0)):
        raise Problem(
            f"{failed} runs of backfill {number} of {dag} failed",
            f"see {client.address}/dags/{dag}, mend it, and run the same with --again failed",
        )


def _json(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError as error:
        raise Problem(f"--conf isn't JSON: {error}", """write it like '{"days": 3}'""") from None
    if not isinstance(told, dict):
        raise Problem("--conf is JSON, but no mapping", """write it like '{"days": 3}'""")
    return told
