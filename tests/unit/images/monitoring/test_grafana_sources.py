from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from images.monitoring.monitoring.cluster import RefusedError
from images.monitoring.monitoring.errors import MonitoringError
from images.monitoring.monitoring.grafana_sources import TYPE, Sources, from_environment, grafana

ADMIN = ("admin", "of-grafana-alone")


class Cluster:
    """Namespaces with their label, and Secrets or why they can't be read."""

    def __init__(self) -> None:
        self.namespaces = {"team-search": "search", "team-recsys": "recsys"}
        self.secrets: dict[str, dict[str, str] | int] = {
            "team-search": self.values("team-search"),
            "team-recsys": self.values("team-recsys"),
        }

    @staticmethod
    def values(team: str, password: str = "a") -> dict[str, str]:
        host = "postgres.mlp-foundation:5432"
        return {"host": host, "database": team, "user": team, "password": password, "sslmode": "disable"}

    def list(self, path: str, selector: str = "") -> list[dict[str, Any]]:
        assert (path, selector) == ("/api/v1/namespaces", "mlplatform.dev/team")
        return [{"metadata": {"name": name, "labels": {selector: team}}} for name, team in self.namespaces.items()]

    def get(self, path: str) -> dict[str, Any]:
        *_, namespace, kind, name = path.split("/")
        assert (kind, name) == ("secrets", "grafana-database")
        found = self.secrets[namespace]
        if isinstance(found, int):
            raise RefusedError(path, found)
        return {"data": {key: base64.b64encode(value.encode()).decode() for key, value in found.items()}}


class Server(ThreadingHTTPServer):
    """The part of Grafana's API that datasources have."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sources: dict[str, dict[str, Any]] = {"prometheus": {"uid": "prometheus", "type": "prometheus"}}
        self.changes: list[str] = []
        self.broken = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        key = base64.b64encode(":".join(ADMIN).encode()).decode()
        if self.headers["Authorization"] != f"Basic {key}":
            return self.say(401, {"message": "Invalid username or password"})
        if self.server.broken:
            return self.say(500, {"message": "database is locked"})
        if self.command != "GET":
            self.server.changes.append(f"{self.command} {self.path}")
        uid = self.path.rpartition("/")[2]
        if self.command == "DELETE":
            del self.server.sources[uid]
        elif body is not None:
            self.server.sources[body["uid"]] = body
        return self.say(200, list(self.server.sources.values()) if self.command == "GET" else {})

    do_GET = do_POST = do_PUT = do_DELETE = do  # noqa: N815 - the library's names

    def say(self, status: int, answer: Any) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def sources(server: Server, cluster: Cluster, admin: tuple[str, str] = ADMIN) -> Sources:
    return Sources(cluster, grafana(server.address, *admin))


def test_each_team_gets_a_datasource_once(server: Server) -> None:
    watched = sources(server, Cluster())
    watched.step()
    watched.step()
    assert server.changes == ["POST /api/datasources"] * 2
    found = server.sources["team-search"]
    assert (found["type"], found["url"], found["user"]) == (TYPE, "postgres.mlp-foundation:5432", "team-search")
    assert found["jsonData"]["database"] == "team-search"
    assert found["secureJsonData"] == {"password": "a"}
    assert "mlplatform_grafana_databases 2" in watched.metrics()


def test_another_password_is_told_and_nothing_else_is_touched(server: Server) -> None:
    cluster = Cluster()
    watched = sources(server, cluster)
    watched.step()
    cluster.secrets["team-search"] = cluster.values("team-search", "b")
    watched.step()
    assert server.changes[2:] == ["PUT /api/datasources/uid/team-search"]
    assert server.sources["team-search"]["secureJsonData"] == {"password": "b"}


def test_after_a_start_of_its_own_it_tells_what_may_have_changed(server: Server) -> None:
    cluster = Cluster()
    sources(server, cluster).step()
    cluster.secrets["team-search"] = cluster.values("team-search", "b")
    sources(server, cluster).step()
    assert server.sources["team-search"]["secureJsonData"] == {"password": "b"}


def test_a_grafana_that_lost_all_is_given_all_again(server: Server) -> None:
    watched = sources(server, Cluster())
    watched.step()
    del server.sources["team-search"]
    watched.step()
    assert "team-search" in server.sources


@pytest.mark.parametrize("refusal", [403, 404])
def test_a_team_that_is_gone_is_taken_away_and_others_stay(server: Server, refusal: int) -> None:
    cluster = Cluster()
    watched = sources(server, cluster)
    watched.step()
    cluster.secrets["team-recsys"] = refusal
    watched.step()
    assert set(server.sources) == {"prometheus", "team-search"}


def test_an_ill_api_server_takes_nothing_away(server: Server) -> None:
    cluster = Cluster()
    watched = sources(server, cluster)
    watched.step()
    cluster.secrets["team-recsys"] = 500
    with pytest.raises(MonitoringError, match=r"answers .* with 500"):
        watched.step()
    assert set(server.sources) == {"prometheus", "team-search", "team-recsys"}


def test_a_namespace_that_only_says_that_it_is_a_team_gets_nothing(server: Server) -> None:
    cluster = Cluster()
    cluster.namespaces["team-other"] = "search"
    cluster.secrets["team-other"] = cluster.values("team-search", "forged")
    sources(server, cluster).step()
    assert "team-other" not in server.sources
    assert server.sources["team-search"]["secureJsonData"] == {"password": "a"}


def test_half_a_secret_is_none(server: Server) -> None:
    cluster = Cluster()
    cluster.secrets["team-search"] = {"host": "postgres"}
    sources(server, cluster).step()
    assert "team-search" not in server.sources


def test_what_grafana_says_is_told_without_passwords(server: Server) -> None:
    server.broken = True
    with pytest.raises(MonitoringError, match="with 500: database is locked"):
        sources(server, Cluster()).step()
    server.broken = False
    with pytest.raises(MonitoringError, match="with 401: Invalid username or password") as caught:
        sources(server, Cluster(), ("admin", "not-this")).step()
    assert "not-this" not in str(caught.value)


def test_no_grafana_is_said() -> None:
    with pytest.raises(MonitoringError, match="Grafana doesn't answer"):
        Sources(Cluster(), grafana("http://127.0.0.1:1", *ADMIN)).step()


def test_without_credentials_it_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS", str(tmp_path))
    with pytest.raises(MonitoringError, match=f"no credentials in {tmp_path}"):
        from_environment()
