"""`mlp airflow`: a team's Airflow listened to, and started anew."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mlp.completion import Team

app = typer.Typer(name="airflow", help="A team's Airflow: logs, restart.", no_args_is_help=True)


class Component(StrEnum):
    """What runs in Airflow's pod."""

    scheduler = "scheduler"
    api_server = "api-server"
    dag_processor = "dag-processor"
    triggerer = "triggerer"
    watch = "watch"


@app.command()
def logs(
    team: Team,
    component: Annotated[Component | None, typer.Option("--component", "-c", help="Only what this part says.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it says more.")] = False,
    tail: Annotated[int, typer.Option("--tail", "-n", min=0, help="The last so many lines.")] = 200,
    dag: Annotated[str | None, typer.Option("--dag", help="What the tasks of this DAG said instead.")] = None,
    run: Annotated[str | None, typer.Option("--run", help="With --dag: of this run; the latest if none.")] = None,
    task: Annotated[str | None, typer.Option("--task", help="With --dag: of this task; all if none.")] = None,
) -> None:
    """Print what Airflow's servers say or, with --dag, what tasks said."""
    from mlp import airflow_pod, target, task_logs, team_airflow

    if dag is None and (run or task):
        raise typer.BadParameter("--run and --task need --dag")
    where = target.current()
    if dag is not None:
        lines = task_logs.read(team_airflow.of(team, where), dag, run, task)
    else:
        lines = airflow_pod.logs(team, where, component.value if component else None, follow, tail)
    for line in lines:
        print(line, flush=follow)


@app.command()
def restart(team: Team) -> None:
    """Start Airflow's servers anew, and wait until they answer. Tasks that run go on."""
    from mlp import airflow_pod, console, target

    console.say(f"  Airflow of {team} answers after {airflow_pod.restart(team, target.current()):.0f} s")
