"""Attempts with the team's Airflow user, and with the key of its check service."""

from __future__ import annotations

from tests.support import access
from tests.support.attempts.attempt import Attacker, Attempt, Target
from tests.support.teams import airflow_of


def sign_in(who: Attacker, target: Target) -> None:
    who.team.airflow_headers(airflow_of(who.team.ingress, target.namespace))


def use_token(who: Attacker, target: Target) -> None:
    """A token of its own Airflow."""
    headers = who.team.airflow_headers()
    airflow_of(who.team.ingress, target.namespace).ask("GET", "/api/v2/dags", headers=headers)


def store(who: Attacker, target: Target) -> None:
    """A variable that DAGs read."""
    site, headers = airflow_of(who.team.ingress, target.namespace), who.team.airflow_headers()
    site.ask("POST", "/api/v2/variables", {"key": "e2e", "value": "of a test"}, headers)
    site.ask("DELETE", "/api/v2/variables/e2e", headers=headers)


def check(who: Attacker, target: Target) -> None:
    """Ask whether DAGs import: that runs them."""
    access.check(who.team, target.namespace)


ATTEMPTS = (
    Attempt("airflow-sign-in", "401", sign_in),
    Attempt("airflow-use-token", "401|403", use_token),
    Attempt("airflow-store-variable", "401|403", store),
    Attempt("airflow-check-dags", "401|403", check),
)
