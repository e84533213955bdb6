"""Make an MLflow workspace and a user who may use it alone. Runs in a Job, any number of times, as MLflow's admin.

Environment: MLFLOW_TRACKING_URI, ADMIN_USERNAME, ADMIN_PASSWORD, WORKSPACE (name of workspace and user), USER_PASSWORD.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

SECONDS = 60
ROLE = "user"
# USE: read and make experiments, runs and models in the workspace; not manage who may.
PERMISSION = "USE"


class Refused(Exception):  # noqa: N818 - what happened, not a bug
    """MLflow's answer, which names what is wrong and holds no secret."""

    def __init__(self, what: str, status: int, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {}
        super().__init__(f"{what}: {status} {answer.get('message') or text[:200]}")
        self.code = answer.get("error_code", "")


class Mlflow:
    """MLflow's REST API as its admin."""

    def __init__(self, uri: str, user: str, password: str) -> None:
        self.uri = uri
        self.header = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def ask(self, method: str, path: str, **fields: object) -> dict[str, Any]:
        """The answer to a request; waits for a server that is on its way up."""
        body = None if method == "GET" else json.dumps(fields).encode()
        query = f"?{urllib.parse.urlencode(fields)}" if method == "GET" and fields else ""
        request = urllib.request.Request(f"{self.uri}{path}{query}", body, method=method)  # noqa: S310 - http, in the cluster
        request.add_header("Authorization", self.header)
        request.add_header("Content-Type", "application/json")
        until = time.monotonic() + SECONDS
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
                    return dict(json.loads(answer.read() or b"{}"))
            except urllib.error.HTTPError as error:
                if error.code < 502 or time.monotonic() > until:
                    raise Refused(path, error.code, error.read().decode(errors="replace")) from None
            except OSError:
                if time.monotonic() > until:
                    raise
            time.sleep(1)

    def make(self, what: str, path: str, **fields: object) -> None:
        """Make something, unless it is there."""
        try:
            self.ask("POST", path, **fields)
            print(f"{what} made")
        except Refused as refused:
            if refused.code != "RESOURCE_ALREADY_EXISTS":
                raise


def provide(server: Mlflow, name: str, password: str) -> None:
    """Workspace, user, role, the role's permission and the user's role, whatever is there already."""
    roles = "/api/3.0/mlflow/roles"
    server.make(f"workspace {name}", "/api/3.0/mlflow/workspaces", name=name)
    server.make(f"user {name}", "/api/2.0/mlflow/users/create", username=name, password=password)
    server.ask("PATCH", "/api/2.0/mlflow/users/update-password", username=name, password=password)
    server.make(f"role {ROLE} of workspace {name}", f"{roles}/create", workspace=name, name=ROLE)
    listed = server.ask("GET", f"{roles}/list", workspace=name)["roles"]
    role = next(found["id"] for found in listed if found["name"] == ROLE)
    server.make(
        f"permission {PERMISSION}",
        f"{roles}/permissions/add",
        role_id=role,
        resource_type="workspace",
        resource_pattern="*",
        permission=PERMISSION,
    )
    server.make(f"assignment of {name}", f"{roles}/assign", username=name, role_id=role)


def main() -> int:
    """Provide what the environment names."""
    name = os.environ["WORKSPACE"]
    server = Mlflow(os.environ["MLFLOW_TRACKING_URI"], os.environ["ADMIN_USERNAME"], os.environ["ADMIN_PASSWORD"])
    try:
        provide(server, name, os.environ["USER_PASSWORD"])
    except (Refused, OSError) as error:
        print(f"{server.uri}: {error}", file=sys.stderr)
        return 1
    print(f"user {name} may use workspace {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
