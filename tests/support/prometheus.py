"""The platform's Prometheus and Alertmanager through the ingress, with the credentials that `mlp` hands out now."""

from __future__ import annotations

import json
import time
import urllib.parse
from dataclasses import dataclass
from typing import Any

from local.node.config import NodeConfig
from tests.support.commands import mlp
from tests.support.refused import Refused
from tests.support.web import Site, basic


@dataclass(frozen=True)
class Guarded:
    """A tool with basic authentication."""

    site: Site
    headers: dict[str, str]

    def get(self, path: str, **query: str) -> Any:
        """What it answers."""
        asked = f"{path}?{urllib.parse.urlencode(query)}" if query else path
        return self.site.ask("GET", asked, headers=self.headers)


def guarded(tool: str, ingress: str) -> Guarded:
    """A tool, and what opens it."""
    given = json.loads(mlp("credentials", tool, "--json", seconds=60).must_succeed().stdout)
    host = f"{tool}.localhost:{NodeConfig().ingress_port}"
    return Guarded(Site(tool, ingress, host), basic(given["user"], given["password"]))


@dataclass(frozen=True)
class Prometheus:
    """Its API."""

    tool: Guarded

    def query(self, expression: str, at: float | None = None) -> list[tuple[dict[str, str], float]]:
        """Series with their labels, now or at a time."""
        when = {} if at is None else {"time": f"{at:.3f}"}
        answer = self.tool.get("/api/v1/query", query=expression, **when)
        return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]

    def value(self, expression: str, at: float | None = None) -> float:
        """The one value of an expression."""
        ((_, value),) = self.query(expression, at)
        return value

    def targets(self) -> list[dict[str, Any]]:
        """What it asks for metrics."""
        found: list[dict[str, Any]] = self.tool.get("/api/v1/targets", state="active")["data"]["activeTargets"]
        return found

    def groups(self) -> list[dict[str, Any]]:
        """Groups of rules, and how they are."""
        found: list[dict[str, Any]] = self.tool.get("/api/v1/rules")["data"]["groups"]
        return found

    def wait_for(self, expression: str, seconds: float) -> list[tuple[dict[str, str], float]]:
        """Until an expression has an answer; one that can't be asked yet is asked again."""
        end, said = time.monotonic() + seconds, ""
        while time.monotonic() < end:
            try:
                if found := self.query(expression):
                    return found
            # The ingress controller knows no route to a pod that is not ready.
            except (AssertionError, OSError, Refused) as error:
                said = str(error)
            time.sleep(1)
        raise AssertionError(f"nothing answers {expression} after {seconds:.0f} s {said}")
