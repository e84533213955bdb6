"""Attempts with the team's MLflow user."""

from __future__ import annotations

from secrets import token_urlsafe

from tests.support.attempts.attempt import Attacker, Attempt, Target
from tests.support.mlflow import WORKSPACE_HEADER
from tests.support.web import basic

API = "/api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
DENIED = "403 Permission denied"


def _in(who: Attacker, target: Target) -> dict[str, str]:
    return who.team.mlflow_headers(target.workspace)


def read(who: Attacker, target: Target) -> None:
    who.mlflow.ask("GET", f"{API}/experiments/get?experiment_id={target.experiment}", headers=_in(who, target))


def record(who: Attacker, target: Target) -> None:
    run = who.mlflow.ask(
        "POST", f"{API}/runs/create", {"experiment_id": target.experiment, "start_time": 1}, _in(who, target)
    )["run"]["info"]["run_id"]
    who.mlflow.ask("POST", f"{API}/runs/delete", {"run_id": run}, _in(who, target))


def make(who: Attacker, target: Target) -> None:
    body = {"name": "e2e-made"}
    made = who.mlflow.ask("POST", f"{API}/experiments/create", body, _in(who, target))["experiment_id"]
    # A deleted experiment keeps its name.
    renamed = {"experiment_id": made, "new_name": f"e2e-made-{made}"}
    who.mlflow.ask("POST", f"{API}/experiments/update", renamed, _in(who, target))
    who.mlflow.ask("POST", f"{API}/experiments/delete", {"experiment_id": made}, _in(who, target))


def read_model(who: Attacker, target: Target) -> None:
    who.mlflow.ask("GET", f"{API}/registered-models/get?name={target.model}", headers=_in(who, target))


def download(who: Attacker, target: Target) -> None:
    who.mlflow.ask("GET", f"{ARTIFACTS}/{target.artifact}", headers=_in(who, target))


def download_from_home(who: Attacker, target: Target) -> None:
    """The same path, while the request is in the team's own workspace."""
    who.mlflow.ask("GET", f"{ARTIFACTS}/{target.artifact}", headers=who.team.mlflow_headers())


def change_password(who: Attacker, target: Target) -> None:
    """To another and back: MLflow takes none that is the same."""
    now, other = who.team.keys["tracking"], token_urlsafe(32)
    for known, new in ((now, other), (other, now)):
        body = {"username": target.user, "password": new, "current_password": known}
        who.mlflow.ask("PATCH", f"{API}/users/update-password", body, basic(who.team.name, known))


def see_user(who: Attacker, target: Target) -> None:
    headers = {key: value for key, value in who.team.mlflow_headers().items() if key != WORKSPACE_HEADER}
    who.mlflow.ask("GET", f"{API}/users/get?username={target.user}", headers=headers)


ATTEMPTS = (
    Attempt("experiment-read", DENIED, read),
    Attempt("experiment-record", DENIED, record),
    Attempt("experiment-make", DENIED, make, ("search", "platform")),
    Attempt("model-read", DENIED, read_model),
    Attempt("artifact-download", DENIED, download),
    Attempt("artifact-download-from-home", "403|404", download_from_home),
    Attempt("mlflow-change-password", DENIED, change_password, ("search", "platform", "server")),
    Attempt("mlflow-see-user", DENIED, see_user, ("search", "server")),
)
