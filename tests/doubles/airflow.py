"""Airflow's REST API as far as the command uses it: state in memory, tokens, moments in which it doesn't answer."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

USER, PASSWORD = "admin", "right"


class AirflowDouble:
    """What it holds; tests change it as they like."""

    def __init__(self) -> None:
        self.dags: list[dict[str, Any]] = []
        self.import_errors: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []
        self.backfills: list[dict[str, Any]] = []
        self.logs: dict[str, list[dict[str, Any]]] = {}
        """Path of the request below /api/v2 -> its lines."""
        self.silent_for = 0
        """So many requests are answered by the ingress alone."""
        self.token = "token-1"
        self.asked: list[tuple[str, str, Any]] = []
        """Method, path with query, body."""
        self.hosts: set[str] = set()
        self.advance: Any = lambda: None
        """Called before each request: time passes."""
        self.address = ""

    def dag(self, dag_id: str, file: str, bundle_version: str, **more: Any) -> dict[str, Any]:
        """Add a DAG."""
        self.dags.append(
            {
                "dag_id": dag_id,
                "relative_fileloc": file,
                "bundle_version": bundle_version,
                "is_paused": False,
                "is_stale": False,
                "has_import_errors": False,
                "timetable_summary": "@daily",
                "next_dagrun_run_after": None,
                **more,
            }
        )
        return self.dags[-1]

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        """Status and JSON for a request that is signed in."""
        offset, limit = int(query.get("offset", ["0"])[0]), int(query.get("limit", ["50"])[0])

        def page(key: str, items: list[Any]) -> tuple[int, Any]:
            return 200, {key: items[offset : offset + limit], "total_entries": len(items)}

        if path == "/version":
            return 200, {"version": "3.2.2"}
        if path == "/dags":
            return page("dags", self.dags)
        if path == "/importErrors":
            return page("import_errors", self.import_errors)
        if path == "/backfills" and method == "POST":
            self.backfills.append({"id": len(self.backfills) + 1, "completed_at": None, **body})
            return 200, self.backfills[-1]
        if found := re.fullmatch(r"/backfills/(\d+)", path):
            return 200, self.backfills[int(found[1]) - 1]
        if (lines := self.logs.get(path)) is not None:
            return 200, {"content": lines, "continuation_token": None}
        if found := re.fullmatch(r"/dags/([^/]+)(/.*)?", path):
            return self._of_dag(method, unquote(found[1]), found[2] or "", body, page)
        return 404, {"detail": "Not Found"}

    def _of_dag(self, method: str, dag_id: str, rest: str, body: Any, page: Any) -> tuple[int, Any]:
        dag = next((one for one in self.dags if one["dag_id"] == dag_id), None)
        if dag is None:
            return 404, {"detail": f"The Dag with ID: `{dag_id}` was not found"}
        runs = [run for run in self.runs if run["dag_id"] == dag_id]
        if rest == "" and method == "PATCH":
            dag.update(body)
            return 200, dag
        if rest == "":
            return 200, dag
        if rest == "/dagRuns" and method == "POST":
            if any(run["dag_run_id"] == body["dag_run_id"] for run in runs):
                return 409, {"detail": "The DagRun already exists"}
            self.runs.append({"dag_id": dag_id, "state": "queued", "run_after": "2026-11-23T00:00:00Z", **body})
            return 200, self.runs[-1]
        if rest == "/dagRuns":
            return page("dag_runs", list(reversed(runs)))
        if found := re.fullmatch(r"/dagRuns/([^/]+)(/taskInstances)?", rest):
            run = next((one for one in runs if one["dag_run_id"] == unquote(found[1])), None)
            if run is None:
                return 404, {"detail": "no such run"}
            if found[2]:
                return page("task_instances", [one for one in self.tasks if one["dag_run_id"] == run["dag_run_id"]])
            return 200, run
        return 404, {"detail": "Not Found"}


def handler_of(double: AirflowDouble) -> type[BaseHTTPRequestHandler]:
    """The handler that serves one double."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            double.advance()
            double.hosts.add(self.headers["Host"])
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
            parts = urlsplit(self.path)
            double.asked.append((self.command, self.path, body))
            if double.silent_for > 0:
                double.silent_for -= 1
                self._send(503, None)
            elif parts.path == "/auth/token":
                right = body == {"username": USER, "password": PASSWORD}
                self._send(*((201, {"access_token": double.token}) if right else (401, {"detail": "Invalid user"})))
            elif not parts.path.startswith("/api/v2"):
                self._send(404, None)
            elif parts.path != "/api/v2/version" and self.headers.get("Authorization") != f"Bearer {double.token}":
                self._send(401, {"detail": "Not authenticated"})
            else:
                path = parts.path.removeprefix("/api/v2")
                self._send(*double.answer(self.command, path, parse_qs(parts.query), body))

        do_GET = do_POST = do_PATCH = _any  # noqa: N815 - names of http.server

        def _send(self, status: int, content: Any) -> None:
            data = b"no available server" if content is None else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: Any) -> None:
            pass

    return Handler


@contextmanager
def served() -> Iterator[AirflowDouble]:
    """A double that listens, at an address below localhost as the ingress gives it."""
    double = AirflowDouble()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(double))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    double.address = f"http://airflow-search.localhost:{server.server_port}"
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
