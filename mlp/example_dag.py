"""The example as a DAG of the first team, so that a newcomer sees one. What the team makes of it is theirs."""

from __future__ import annotations

from mlp import console, dag_push, team_airflow, teams
from mlp.example import SOURCES
from mlp.target import Target

NOTE = "Pushed by: mlp up"


def push(where: Target) -> None:
    """Push the example where it isn't, or where nobody but this has changed it, and wait until Airflow has it.

    Raises:
        Problem: The team's repository or Airflow doesn't take it.
    """
    console.heading(f"example {SOURCES.name} as a DAG of team {teams.FIRST}")
    project = dag_push.read(SOURCES)
    if reason := _kept(where):
        console.say(f"  {reason}")
        return
    pushed = dag_push.push(project, teams.FIRST, where, NOTE)
    dag_push.show(team_airflow.of(teams.FIRST, where, dag_push.WAIT_SECONDS), project, pushed)


def would() -> str:
    """What `push` would do, as far as can be said without the repository."""
    if teams.FIRST not in {*teams.standing(), *teams.specified()}:
        return f"nothing: there is no team {teams.FIRST}"
    return f"push {SOURCES.name} to team {teams.FIRST} unless it is there, or changed by the team"


def _kept(where: Target) -> str:
    """Why the repository's own version stays; empty if it may be replaced."""
    place = f"{dag_push.DAGS}/{SOURCES.name}"
    with dag_push.cloned(teams.FIRST, where, depth=None) as clone:
        last = clone.git("log", "-1", "--format=%B", "--", place)
    if last and NOTE not in last:
        return f"{place} was changed by the team, and stays as it is; `mlp dag push` replaces it"
    return ""
