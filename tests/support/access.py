"""Each way in which a team's keys open something: it works, or it is refused."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable

from tests.support.teams import Team, check_of, mlflow_site
from tests.support.web import bearer


def database(team: Team) -> None:
    assert team.role.run("SELECT current_user") == [team.name]


def object_store(team: Team) -> None:
    with team.account.client() as s3:
        s3.list_objects_v2(Bucket=team.name, MaxKeys=1)


def tracking(team: Team) -> None:
    path = "/api/2.0/mlflow/experiments/search?max_results=1"
    mlflow_site(team.ingress).ask("GET", path, headers=team.mlflow_headers())


def repository(team: Team) -> None:
    team.repositories.head(team.name)


def airflow(team: Team) -> None:
    team.airflow.ask("GET", "/api/v2/dags", headers=team.airflow_headers())


def check(team: Team, of: str = "") -> None:
    """The check service of a team, by default its own, asked about no DAG at all."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        folder = tarfile.TarInfo("dags")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(folder)
    headers = {**bearer(team.keys["check"]), "Content-Type": "application/x-tar"}
    answer = check_of(team.cluster, of or team.name).ask("POST", "/check", packed.getvalue(), headers, seconds=60)
    assert answer["errors"] == []


WAYS: dict[str, Callable[[Team], None]] = {
    "database": database,
    "object store": object_store,
    "tracking": tracking,
    "repository": repository,
    "airflow": airflow,
    "check": check,
}
