"""MLflow as a person reaches it: through the ingress, with credentials, without MLflow's own client."""

from __future__ import annotations

import base64
import json
import urllib.request
from dataclasses import dataclass, field
from typing import Any

WORKSPACE_HEADER = "X-MLFLOW-WORKSPACE"


@dataclass(frozen=True)
class Mlflow:
    """A server behind the ingress; the host goes into a header because glibc doesn't resolve *.localhost."""

    ingress: str
    """For example http://127.0.0.1:8080."""
    host: str
    """For example mlflow.localhost:8080."""
    username: str
    password: str = field(repr=False)
    workspace: str

    def call(self, path: str, **body: object) -> dict[str, Any]:
        """POST to `/api/2.0/mlflow/<path>` if there is a body, else GET; the answer parsed.

        Raises:
            urllib.error.HTTPError: The server refused.
        """
        request = urllib.request.Request(f"{self.ingress}/api/2.0/mlflow/{path}", headers={"Host": self.host})
        request.add_header("Authorization", "Basic " + self._basic())
        request.add_header(WORKSPACE_HEADER, self.workspace)
        if body:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request, timeout=30) as answer:
            parsed: dict[str, Any] = json.load(answer)
            return parsed

    def experiment(self, name: str) -> str:
        """The id of an experiment."""
        found = self.call(f"experiments/get-by-name?experiment_name={name}")["experiment"]["experiment_id"]
        return str(found)

    def runs(self, experiment: str) -> list[dict[str, Any]]:
        """An experiment's runs, the newest first."""
        answer = self.call("runs/search", experiment_ids=[experiment], order_by=["attributes.start_time DESC"])
        found: list[dict[str, Any]] = answer.get("runs", [])
        return found

    def versions(self, model: str) -> list[dict[str, Any]]:
        """The versions of a registered model, the newest first."""
        answer = self.call(f"model-versions/search?filter=name%3D%27{model}%27")
        found: list[dict[str, Any]] = answer.get("model_versions", [])
        return sorted(found, key=lambda version: -int(version["version"]))

    def _basic(self) -> str:
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def pairs(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """MLflow's lists of `{key, value}` as a dict."""
    return {entry["key"]: entry["value"] for entry in entries}
