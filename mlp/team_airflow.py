"""A team's Airflow, signed in as its administrator."""

from __future__ import annotations

from mlp import credentials, teams
from mlp.airflow import Airflow
from mlp.target import Target

PATIENCE = 30.0
"""Seconds for which it may be away: a part of it restarts in less."""


def of(team: str, where: Target, patience: float = PATIENCE) -> Airflow:
    """The client.

    Raises:
        Problem: The team isn't known or isn't up, or the cluster doesn't answer.
    """
    address = teams.require_up(team).outputs["addresses"]["airflow"]
    found = credentials.read("airflow", team, where)
    return Airflow(address, found.user, found.password, patience)
