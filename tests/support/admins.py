"""The shared tools as their administrators see them: what a team has there, whoever may use it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.support import object_store, sql
from tests.support.cluster import Cluster
from tests.support.object_store import Account
from tests.support.refused import Refused
from tests.support.teams import mlflow_site, secret
from tests.support.web import Site, basic, bearer

FOUNDATION, PLATFORM = "mlp-foundation", "mlp-platform"


@dataclass(frozen=True)
class Admins:
    """Administrators of database server, object store, MLflow and git server."""

    cluster: Cluster
    ingress: str

    def left(self, name: str) -> list[str]:
        """What there is of a name, such as team-x, in any shared tool and in the cluster."""
        tools = (self._database, self._object_store, self._mlflow, self._git, self._cluster)
        return [thing for tool in tools for thing in tool(name)]

    def _cluster(self, name: str) -> Iterator[str]:
        if self.cluster.kubectl("get", "namespace", name, "--ignore-not-found", "-o", "name"):
            yield f"namespace {name}"

    def _database(self, name: str) -> Iterator[str]:
        for what, look in (("role", "rolname FROM pg_roles"), ("database", "datname FROM pg_database")):
            if name in sql.as_admin(self.cluster, f"SELECT {look}"):
                yield f"{what} {name}"

    def _object_store(self, name: str) -> Iterator[str]:
        keys = secret(self.cluster, FOUNDATION, "object-store-admin")
        root = Account(object_store.endpoint(self.cluster), keys["username"], keys["password"])
        if f"<Access>{name}</Access>" in root.admin("PATCH", "/list-users"):
            yield f"account {name}"
        with root.client() as s3:
            if name in (bucket["Name"] for bucket in s3.list_buckets()["Buckets"]):
                yield f"bucket {name}"

    def _mlflow(self, name: str) -> Iterator[str]:
        keys = secret(self.cluster, PLATFORM, "mlflow-admin")
        site, headers = mlflow_site(self.ingress), basic(keys["username"], keys["password"])
        if name in str(site.ask("GET", "/api/3.0/mlflow/workspaces", headers=headers)):
            yield f"workspace {name}"
        if _is_there(site, f"/api/2.0/mlflow/users/get?username={name}", headers):
            yield f"user {name}"

    def _git(self, name: str) -> Iterator[str]:
        keys = secret(self.cluster, PLATFORM, "git-admin")
        site = Site("git", self.ingress, f"git.localhost:{self.ingress.rpartition(':')[2]}")
        if _is_there(site, f"/-/repositories/{name}", bearer(keys["password"])):
            yield f"repository {name}"


def _is_there(site: Site, path: str, headers: dict[str, str]) -> bool:
    try:
        site.ask("GET", path, headers=headers)
    except Refused as refused:
        if not refused.said.startswith("404"):
            raise
        return False
    return True
