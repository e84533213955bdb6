"""Beside Grafana: gives it each team's database as a datasource, and takes those of teams that are gone away again.

A team's stack keeps what signs in to the database in Secret grafana-database of its own namespace, and lets this
account read that one Secret.
"""

from __future__ import annotations

import base64
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import MonitoringError
from .following import say
from .teams import Reads, told
from .text import Families
from .text import rendered as as_text

SECRET = "grafana-database"  # noqa: S105 - the name of a Secret, not its value
KEYS = ("host", "database", "user", "password", "sslmode")
TYPE = "grafana-postgresql-datasource"
SECONDS = 30
Ask = Callable[[str, str, Any], tuple[int, Any]]
"""Method, path and body of a request to Grafana; status and answer."""


def wanted(cluster: Reads) -> dict[str, dict[str, str]]:
    """What signs in to each team's database, by the team's id."""
    found = {}
    for team, secret in told(cluster, f"secrets/{SECRET}").items():
        data = secret.get("data", {})
        values = {key: base64.b64decode(data.get(key, "")).decode(errors="replace") for key in KEYS}
        if all(values.values()):
            found[f"team-{team}"] = values
    return found


def datasource(team: str, values: Mapping[str, str]) -> dict[str, Any]:
    """As Grafana takes it. Dashboards offer the datasources that are called team-<name>."""
    return {
        "uid": team,
        "name": team,
        "type": TYPE,
        "access": "proxy",
        "url": values["host"],
        "user": values["user"],
        "jsonData": {
            "database": values["database"],
            "sslmode": values["sslmode"],
            "maxOpenConns": 2,
            "maxIdleConns": 1,
            "connMaxLifetime": 300,
        },
        "secureJsonData": {"password": values["password"]},
    }


@dataclass
class Sources:
    """What Grafana has been given."""

    cluster: Reads
    ask: Ask
    given: dict[str, dict[str, str]] = field(default_factory=dict)

    def step(self) -> None:
        """Give what is new or has changed, take away what is gone.

        Raises:
            MonitoringError: The API server or Grafana doesn't do its part; it is tried again.
        """
        found, there = wanted(self.cluster), self._there()
        for team, values in found.items():
            if team not in there:
                self._do("POST", "/api/datasources", datasource(team, values))
                say(f"{team}: its database is there")
            elif self.given.get(team) != values:
                self._do("PUT", f"/api/datasources/uid/{team}", datasource(team, values))
                say(f"{team}: its database is as its team says")
            self.given[team] = values
        for team in there - set(found):
            self._do("DELETE", f"/api/datasources/uid/{team}", None)
            self.given.pop(team, None)
            say(f"{team}: its database is gone")

    def _there(self) -> set[str]:
        """Grafana's own word: its pod may be another by now, which has none."""
        answer = self._do("GET", "/api/datasources", None)
        return {source["uid"] for source in answer if source["type"] == TYPE and source["uid"].startswith("team-")}

    def _do(self, method: str, path: str, body: Any) -> Any:
        status, answer = self.ask(method, path, body)
        if status >= 400:
            said = answer.get("message", "nothing") if isinstance(answer, dict) else "nothing"
            raise MonitoringError(f"Grafana answers {method} {path} with {status}: {said}")
        return answer

    def metrics(self) -> str:
        """For Prometheus."""
        family = Families()
        family("mlplatform_grafana_databases", "Teams whose database Grafana has.").add(len(self.given))
        return as_text(family)


def grafana(address: str, user: str, password: str) -> Ask:
    """Grafana in the same pod, as its admin."""
    key = base64.b64encode(f"{user}:{password}".encode()).decode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(method: str, path: str, body: Any) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json"}
        request = urllib.request.Request(address + path, data, headers, method=method)  # noqa: S310 - this pod
        try:
            with opener.open(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            try:
                return error.code, json.load(error)
            except ValueError:
                return error.code, None
        except (OSError, ValueError) as error:
            raise MonitoringError(f"Grafana doesn't answer: {getattr(error, 'reason', error)}") from None

    return ask


def from_environment() -> Ask:
    """By the variables that its container gets too."""
    folder = Path(os.environ.get("CREDENTIALS", "/run/secrets/grafana"))
    try:
        user, password = ((folder / key).read_text().strip() for key in ("username", "password"))
    except OSError as error:
        raise MonitoringError(f"no credentials in {folder}: {error.strerror}") from None
    return grafana(os.environ.get("GRAFANA", "http://127.0.0.1:3000"), user, password)
