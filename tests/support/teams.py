"""A team as its own people and pods see it: its names, the credentials in its Secrets, and the tools opened by them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from mlp.airflow import Airflow
from tests.support import object_store
from tests.support.cluster import Cluster
from tests.support.mlflow import WORKSPACE_HEADER, Mlflow
from tests.support.object_store import Account
from tests.support.pipelines import Pipelines
from tests.support.repository import Repositories
from tests.support.sql import Role
from tests.support.web import Site, basic, bearer

OWN_KEYS = {
    "database": "database-password",
    "object store": "object-store-secret-key",
    "tracking": "tracking-password",
    "repository": "repository-password",
    "check": "check-key",
}
PATIENCE = 60
AIRFLOW_KEYS = {"airflow": "admin-password", "fernet": "fernet-key", "tokens": "jwt-secret", "api": "api-secret-key"}


@dataclass(frozen=True)
class Keys:
    """The secrets of a team as they are now."""

    airflow_user: str
    values: dict[str, str] = field(repr=False)
    """By what they open: database, object store, tracking, repository, check, airflow, fernet, tokens, api."""

    def __getitem__(self, what: str) -> str:
        return self.values[what]


def keys(cluster: Cluster, team: str) -> Keys:
    """Read a team's Secrets, as an administrator may."""
    own, airflow = (secret(cluster, team, name) for name in ("tenant-keys", "airflow-keys"))
    values = {what: own[key] for what, key in OWN_KEYS.items()} | {
        what: airflow[key] for what, key in AIRFLOW_KEYS.items()
    }
    return Keys(airflow["admin-username"], values)


def secret(cluster: Cluster, namespace: str, name: str) -> dict[str, str]:
    """The values of a Secret."""
    data = cluster.get("secret", "-n", namespace, name)["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


@dataclass(frozen=True)
class Team:
    """A team and everything that it has keys for."""

    cluster: Cluster
    name: str
    """Such as team-recsys: the one id that it has everywhere."""
    ingress: str
    """For example http://127.0.0.1:8080."""
    keys: Keys

    @property
    def role(self) -> Role:
        """Its role on the database server."""
        return Role(self.cluster, self.name, self.keys["database"])

    @property
    def account(self) -> Account:
        """Its account of the object store."""
        return Account(object_store.endpoint(self.cluster), self.name, self.keys["object store"])

    @property
    def repositories(self) -> Repositories:
        """Git with its credential."""
        return Repositories(f"http://git.localhost:{self._port}", self.name, self.keys["repository"])

    @property
    def airflow(self) -> Site:
        """Its Airflow."""
        return airflow_of(self.ingress, self.name)

    @property
    def pipelines(self) -> Pipelines:
        """Its DAGs."""
        site = self.airflow
        airflow = Airflow(f"http://{site.host}", self.keys.airflow_user, self.keys["airflow"], patience=PATIENCE)
        return Pipelines(self.name.removeprefix("team-"), airflow)

    @property
    def mlflow(self) -> Mlflow:
        """MLflow in its workspace."""
        host = f"mlflow.localhost:{self._port}"
        return Mlflow(self.ingress, host, self.name, self.keys["tracking"], workspace=self.name)

    def mlflow_headers(self, workspace: str = "") -> dict[str, str]:
        """What signs a request to MLflow and names the workspace; its own by default."""
        return {**basic(self.name, self.keys["tracking"]), WORKSPACE_HEADER: workspace or self.name}

    def airflow_headers(self, site: Site | None = None) -> dict[str, str]:
        """A new token of an Airflow, by default of its own, for its user and password."""
        body = {"username": self.keys.airflow_user, "password": self.keys["airflow"]}
        return bearer((site or self.airflow).ask("POST", "/auth/token", body)["access_token"])

    @property
    def _port(self) -> str:
        return self.ingress.rpartition(":")[2]


def open_team(cluster: Cluster, name: str, ingress: str) -> Team:
    """A team with the keys that are in force now."""
    return Team(cluster, name, ingress, keys(cluster, name))


def mlflow_site(ingress: str) -> Site:
    """MLflow behind the ingress."""
    return Site("mlflow", ingress, f"mlflow.localhost:{ingress.rpartition(':')[2]}")


def airflow_of(ingress: str, team: str) -> Site:
    """A team's Airflow behind the ingress: airflow-search for team-search."""
    return Site("airflow", ingress, f"airflow-{team.removeprefix('team-')}.localhost:{ingress.rpartition(':')[2]}")


def check_of(cluster: Cluster, team: str) -> Site:
    """A team's check service, at its Service's address."""
    spec = cluster.get("service", "-n", team, "airflow")["spec"]
    port = next(port["port"] for port in spec["ports"] if port["name"] == "check")
    return Site("check", f"http://{spec['clusterIP']}:{port}", f"airflow.{team}:{port}")
