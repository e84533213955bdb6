"""The admin APIs that tenancy speaks, as far as it does: MLflow's, versitygw's and our own servers', in memory."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

EXISTS = 400, json.dumps({"error_code": "RESOURCE_ALREADY_EXISTS", "message": "it is there"})
ABSENT = 404, json.dumps({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "it isn't there"})
DONE = 200, "{}"


class MlflowDouble:
    """MLflow 3.17 with basic auth and workspaces."""

    def __init__(self) -> None:
        self.users: dict[str, str] = {}
        self.workspaces: dict[str, dict[str, Any]] = {"default": {}}
        """Workspace -> roles by name, each with its permissions and users."""
        self.artifacts: set[str] = set()
        """Workspaces with artifacts."""

    def __call__(self, method: str, path: str, body: str) -> tuple[int, str]:
        url = urlsplit(path)
        fields = json.loads(body or "{}")
        part = url.path.partition("/mlflow")[2]
        if part.startswith("-artifacts/artifacts/workspaces/") and method == "DELETE":
            self.artifacts.discard(part.rpartition("/")[2])
            return DONE
        if part.startswith("/roles"):
            return self._roles(part, parse_qs(url.query), fields)
        if part.startswith("/users"):
            return self._users(part, fields)
        return self._workspaces(method, part, url.query, fields)

    def _workspaces(self, method: str, part: str, query: str, fields: dict[str, Any]) -> tuple[int, str]:
        name = fields.get("name") or part.removeprefix("/workspaces/")
        if method == "GET":
            return 200, json.dumps({"workspaces": [{"name": found} for found in self.workspaces]})
        if method == "POST":
            if name in self.workspaces:
                return EXISTS
            # MLflow itself makes these two.
            own = [{"resource_type": "workspace", "resource_pattern": "*", "permission": "USE"}]
            self.workspaces[name] = {role: {"permissions": own[:], "users": set()} for role in ("admin", "user")}
            return DONE
        assert query == "mode=CASCADE"
        return DONE if self.workspaces.pop(name, None) is not None else ABSENT

    def _users(self, part: str, fields: dict[str, Any]) -> tuple[int, str]:
        name = fields["username"]
        if part == "/users/create":
            if name in self.users:
                return EXISTS
        elif name not in self.users:
            return ABSENT
        if part == "/users/delete":
            del self.users[name]
            for roles in self.workspaces.values():
                for role in roles.values():
                    role["users"].discard(name)
        else:
            self.users[name] = fields["password"]
        return DONE

    def _roles(self, part: str, query: dict[str, list[str]], fields: dict[str, Any]) -> tuple[int, str]:
        if part == "/roles/list":
            workspace = query["workspace"][0]
            roles = self.workspaces.get(workspace, {})
            found = [
                {"id": f"{workspace}/{name}", "name": name, "permissions": role["permissions"]}
                for name, role in roles.items()
            ]
            return 200, json.dumps({"roles": found})
        if part == "/roles/create":
            roles = self.workspaces[fields["workspace"]]
            if fields["name"] in roles:
                return EXISTS
            roles[fields["name"]] = {"permissions": [], "users": set()}
            return DONE
        workspace, name = fields["role_id"].split("/")
        role = self.workspaces[workspace][name]
        if part == "/roles/delete":
            del self.workspaces[workspace][name]
        elif part == "/roles/permissions/add":
            role["permissions"].append(
                {key: fields[key] for key in ("resource_type", "resource_pattern", "permission")}
            )
        elif fields["username"] in role["users"]:
            return EXISTS
        else:
            role["users"].add(fields["username"])
        return DONE


class GatewayDouble:
    """versitygw 1.8's admin API; what S3 itself does isn't asked of it."""

    def __init__(self) -> None:
        self.accounts: dict[str, str] = {}
        self.buckets: dict[str, str] = {}
        """Bucket -> its owner."""
        self.policies: set[str] = set()
        """Buckets with a policy."""

    def __call__(self, method: str, path: str, body: str) -> tuple[int, str]:
        url = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        part = unquote(url.path)
        if part == "/create-user":
            fields = dict(re.findall(r"<(\w+)>([^<]*)</\1>", body.removeprefix("<Account>")))
            if fields["Access"] in self.accounts:
                return 409, "<Error><Code>XAdminUserExists</Code></Error>"
            self.accounts[fields["Access"]] = fields["Secret"]
            return 201, ""
        if part == "/update-user":
            self.accounts[query["access"]] = dict(re.findall(r"<(Secret)>([^<]*)<", body))["Secret"]
        elif part == "/delete-user":
            self.accounts.pop(query["access"], None)
        elif part == "/change-bucket-owner":
            self.buckets[query["bucket"]] = query["owner"]
            self.policies.discard(query["bucket"])
        elif part == "/list-buckets":
            listed = "".join(f"<Buckets><Name>{a}</Name><Owner>{b}</Owner></Buckets>" for a, b in self.buckets.items())
            return 200, f'<ListBucketsResult xmlns="http://s3/">{listed}</ListBucketsResult>'
        elif name := re.fullmatch("/(.+)/create", part):
            if name[1] in self.buckets:
                return 409, ""
            self.buckets[name[1]] = name[1]
            return 201, ""
        else:
            raise AssertionError(f"the double doesn't know {part}")
        return 200, ""


class GitDouble:
    """The admin API of images/git."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.repositories: set[str] = set()

    def __call__(self, method: str, path: str, body: str) -> tuple[int, str]:
        url = urlsplit(path)
        name = url.path.removeprefix("/-/repositories/")
        if method == "PUT":
            self.users[name] = json.loads(body)
            self.repositories.add(name)
            return 200, "{}"
        self.users.pop(name, None)
        if url.query == "purge=true":
            self.repositories.discard(name)
        return 204, ""


class FeaturesDouble:
    """The admin API of the feature registry (images/feast)."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.projects: set[str] = set()

    def __call__(self, method: str, path: str, body: str) -> tuple[int, str]:
        url = urlsplit(path)
        name = url.path.removeprefix("/-/teams/")
        if method == "PUT":
            self.keys[name] = json.loads(body)["key"]
            self.projects.add(name)
            return 200, "{}"
        self.keys.pop(name, None)
        if url.query == "purge=true":
            self.projects.discard(name)
        return 200, "{}"
