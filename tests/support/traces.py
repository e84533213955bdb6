"""What a team leaves in every shared tool, to be looked for later: by itself, by another, or after it is gone."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.refused import Refused
from tests.support.teams import Team, mlflow_site

NAME = "traces"
KEY = "e2e/traces.txt"
API = "/api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
TEXT = b"of a test"


@dataclass(frozen=True)
class Traces:
    """Where they are."""

    experiment: str
    """Its id."""
    run: str
    model: str
    artifact: str
    """Path in MLflow's bucket."""
    key: str
    """Of an object in the team's bucket."""


def leave(team: Team) -> Traces:
    """A row, an object, an experiment with a run, a model and an artifact. Any number of times."""
    team.role.run(f"CREATE SCHEMA IF NOT EXISTS {NAME}; CREATE TABLE IF NOT EXISTS {NAME}.rows (id int PRIMARY KEY)")
    team.role.run(f"INSERT INTO {NAME}.rows VALUES (1) ON CONFLICT DO NOTHING")
    with team.account.client() as s3:
        s3.put_object(Bucket=team.name, Key=KEY, Body=TEXT)
    site, headers = mlflow_site(team.ingress), team.mlflow_headers()
    try:
        experiment = team.mlflow.experiment(NAME)
    except OSError:
        made = site.ask("POST", f"{API}/experiments/create", {"name": NAME}, headers)
        experiment = str(made["experiment_id"])
    body = {"experiment_id": experiment, "start_time": 1}
    run = site.ask("POST", f"{API}/runs/create", body, headers)["run"]["info"]
    try:
        site.ask("GET", f"{API}/registered-models/get?name={NAME}", headers=headers)
    except Refused:
        site.ask("POST", f"{API}/registered-models/create", {"name": NAME}, headers)
    artifact = f"{run['artifact_uri'].removeprefix('mlflow-artifacts:/')}/{NAME}.txt"
    site.ask("PUT", f"{ARTIFACTS}/{artifact}", TEXT, {**headers, "Content-Type": "text/plain"})
    return Traces(experiment, str(run["run_id"]), NAME, artifact, KEY)


def artifact(team: Team, left: Traces) -> str:
    """What the artifact holds, as the team gets it."""
    return str(mlflow_site(team.ingress).ask("GET", f"{ARTIFACTS}/{left.artifact}", headers=team.mlflow_headers()))
