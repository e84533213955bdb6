"""An MLflow workspace and a user who may use it alone, both of one name, by MLflow's REST API."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from .errors import ToolError
from .http import Answer, ask

ROLE = "user"
PERMISSIONS = (
    # Read the workspace and make experiments, runs and models in it; not manage who may.
    ("workspace", "USE"),
    # Who makes something gets all rights to it, and loses them when the user goes: one who comes again has these.
    ("experiment", "MANAGE"),
    ("registered_model", "MANAGE"),
    ("prompt", "MANAGE"),
    ("scorer", "MANAGE"),
)
ROLES = "/api/3.0/mlflow/roles"
USERS = "/api/2.0/mlflow/users"
WORKSPACES = "/api/3.0/mlflow/workspaces"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
WORKSPACE = "X-MLFLOW-WORKSPACE"
THERE = "RESOURCE_ALREADY_EXISTS"
ABSENT = "RESOURCE_DOES_NOT_EXIST"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mlflow:
    """MLflow as its admin."""

    uri: str
    user: str
    password: str = field(repr=False)

    def give(self, name: str, password: str) -> None:
        """Workspace, user, role, the role's permissions and the user's role, whatever is there already."""
        if self._make(WORKSPACES, {"name": name}):
            log.info("workspace %s made", name)
        account = {"username": name, "password": password}
        if self._make(f"{USERS}/create", account):
            log.info("user %s made", name)
        else:
            self._must("PATCH", f"{USERS}/update-password", account)
        self._make(f"{ROLES}/create", {"workspace": name, "name": ROLE})
        role = next(found for found in self._roles(name) if found["name"] == ROLE)
        granted = {(found["resource_type"], found["permission"]) for found in role.get("permissions") or ()}
        for sort, permission in PERMISSIONS:
            if (sort, permission) not in granted:
                grant = {"role_id": role["id"], "resource_type": sort, "resource_pattern": "*"}
                self._make(f"{ROLES}/permissions/add", {**grant, "permission": permission})
        self._make(f"{ROLES}/assign", {"username": name, "role_id": role["id"]})

    def end(self, name: str) -> None:
        """No access from now on: the user is gone. The workspace stays, with all that is in it."""
        self._must("DELETE", f"{USERS}/delete", {"username": name}, unless=ABSENT)

    def purge(self, name: str) -> None:
        """Neither user nor workspace, whatever of them is there: experiments, runs, models and artifacts go."""
        self.end(name)
        if name not in self._workspaces():
            return
        # While there is a workspace to look them up by. A path without a name isn't one to MLflow.
        self._must("DELETE", f"{ARTIFACTS}/workspaces/{quote(name)}", workspace=name, seconds=300)
        for role in self._roles(name):
            self._must("DELETE", f"{ROLES}/delete", {"role_id": role["id"]}, unless=ABSENT)
        self._must("DELETE", f"{WORKSPACES}/{quote(name)}?mode=CASCADE", unless=ABSENT, seconds=300)

    def _workspaces(self) -> set[str]:
        return {found["name"] for found in self._must("GET", WORKSPACES).fields.get("workspaces", [])}

    def _roles(self, workspace: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._must("GET", f"{ROLES}/list?workspace={quote(workspace)}").fields["roles"]
        return found

    def _make(self, path: str, fields: dict[str, Any]) -> bool:
        """Make something; False if it is there."""
        return self._must("POST", path, fields, unless=THERE).status < HTTPStatus.BAD_REQUEST

    def _must(
        self,
        method: str,
        path: str,
        fields: dict[str, Any] | None = None,
        *,
        unless: str = "",
        workspace: str = "",
        seconds: float = 20,
    ) -> Answer:
        """The answer to a request that MLflow takes, or refuses with the code `unless`, which says that it is done."""
        known = "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        tool = f"MLflow at {self.uri}"
        headers = {WORKSPACE: workspace} if workspace else {}
        answer = ask(tool, method, f"{self.uri}{path}", known, fields, headers=headers, seconds=seconds)
        if answer.status >= HTTPStatus.BAD_REQUEST and not (unless and answer.fields.get("error_code") == unless):
            raise ToolError(f"{tool}: {path.partition('?')[0]}: {answer.status} {answer.message}")
        return answer
