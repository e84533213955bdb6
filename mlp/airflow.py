"""A small client of Airflow's REST API: token, requests, patience while it starts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from local.problem import Problem
from mlp import web

API = "/api/v2"
PAGE = 100
POLL_SECONDS = 1.0
ENDED = ("success", "failed")
# 502 and 503 are the ingress while the pod starts; its own 404 has no JSON.
STARTING = (502, 503, 504)


class Refused(Problem):
    """Airflow answered, and said no."""

    def __init__(self, status: int, asked: str, detail: str, fix: str = "see what it says; `mlp airflow logs`") -> None:
        super().__init__(f"Airflow answers {status} to {asked}: {detail}", fix)
        self.status = status
        """HTTP status: 404 where there is no such thing, 409 where it is there already."""


class Airflow:
    """One team's Airflow, as a user of it."""

    def __init__(self, address: str, user: str, password: str, patience: float = 0) -> None:
        """Nothing is asked yet.

        Args:
            address: Such as http://airflow-search.localhost:8080.
            user: A user of it.
            password: Theirs.
            patience: Seconds for which a request is asked again while Airflow doesn't answer.
        """
        self.address = address.rstrip("/")
        self.patience = patience
        self._user, self._password = user, password
        self._token = ""

    def get(self, path: str, **query: Any) -> Any:
        """The answer to a GET below /api/v2, such as `get("/dags", limit=10)`.

        Raises:
            Refused: Airflow says no.
            Problem: It doesn't answer.
        """
        return self.ask("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The answer to a POST. Raises as `get`.

        It is asked again like a GET while Airflow doesn't answer, so give what may not be there twice an id of its
        own (a `dag_run_id`): the second time is then refused with 409.
        """
        return self.ask("POST", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """The answer to a PATCH. Raises as `get`."""
        return self.ask("PATCH", path, body)

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """Any request below /api/v2, signed in. Raises as `get`."""
        url = f"{self.address}{API}{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        answer = self._answer(method, url, body, self._signed())
        if answer.status == 401:
            # The token ran out, or the key that signs tokens was rotated.
            self._token = ""
            answer = self._answer(method, url, body, self._signed())
        if answer.status >= 400:
            raise Refused(answer.status, f"{method} {path}", _detail(answer))
        return answer.json

    def pages(self, path: str, key: str, **query: Any) -> Iterator[Any]:
        """Every item of a collection, such as `pages("/dags", "dags")`. Raises as `get`."""
        offset = 0
        while True:
            page = self.get(path, limit=PAGE, offset=offset, **query)
            yield from page[key]
            offset += len(page[key])
            if not page[key] or offset >= page["total_entries"]:
                return

    def answers(self) -> str:
        """Why it doesn't answer; empty if it does. Needs no password and doesn't wait."""
        try:
            answer = web.ask("GET", f"{self.address}{API}/version", seconds=5)
        except OSError as error:
            return web.reason(error)
        return "" if answer.status == 200 and answer.json is not None else f"HTTP {answer.status}"

    def _signed(self) -> dict[str, str]:
        if not self._token:
            body = {"username": self._user, "password": self._password}
            answer = self._answer("POST", f"{self.address}/auth/token", body, {})
            if answer.status >= 400 or not isinstance(answer.json, dict):
                raise Refused(
                    answer.status, f"the sign-in of {self._user}", _detail(answer), "run `mlp up teams` again"
                )
            self._token = answer.json["access_token"]
        return {"Authorization": f"Bearer {self._token}"}

    def _answer(self, method: str, url: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> web.Answer:
        end = time.monotonic() + self.patience
        while True:
            try:
                answer = web.ask(method, url, body, headers)
                if not _starting(answer):
                    return answer
                why = f"HTTP {answer.status}"
            except OSError as error:
                why = web.reason(error)
            if time.monotonic() >= end:
                raise Problem(
                    f"Airflow at {self.address} doesn't answer: {why}",
                    "see `mlp status`; `mlp airflow logs` and `mlp airflow restart` with its --team",
                )
            time.sleep(POLL_SECONDS)


def _starting(answer: web.Answer) -> bool:
    """Whether the ingress answers in its place."""
    return answer.status in STARTING or (answer.status == 404 and answer.json is None)


def _detail(answer: web.Answer) -> str:
    """Airflow's reason: `detail` is text, a mapping with `reason`, or a list of wrong fields."""
    said = answer.json
    detail = said.get("detail", said) if isinstance(said, dict) else answer.text
    if isinstance(detail, list):
        detail = "; ".join(
            f"{'.'.join(map(str, one.get('loc', ())))}: {one.get('msg')}" if isinstance(one, dict) else str(one)
            for one in detail
        )
    return str(detail)[:500]


def path(*parts: str) -> str:
    """A path of these parts, each quoted: run ids have `+` and `:` in them."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)
