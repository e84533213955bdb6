"""A team's feature server as its people and others reach it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.node.config import NodeConfig
from mlp import web
from tests.support.commands import mlp
from tests.support.traffic.generator import Target

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class FeatureServer:
    """One, and whose key is shown to it."""

    team: str
    """As people type it, such as search."""
    key: str = field(repr=False)

    @property
    def host(self) -> str:
        """What the Host header says."""
        return f"features-{self.team}.localhost"

    @property
    def headers(self) -> dict[str, str]:
        """With the key, if there is one."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def ask(self, features: Sequence[str], entities: Mapping[str, Sequence[Any]]) -> web.Answer:
        """Values that are online."""
        return self.post("/get-online-features", {"features": list(features), "entities": dict(entities)})

    def post(self, path: str, body: Any) -> web.Answer:
        """Any question."""
        return web.ask("POST", f"http://{self.host}:{NodeConfig().ingress_port}{path}", body, self.headers)

    def values(self, feature: str, entities: Mapping[str, Sequence[Any]]) -> list[Any]:
        """Of one feature.

        Raises:
            AssertionError: It isn't answered.
        """
        answer = self.ask([feature], entities)
        assert answer.status == 200, answer
        column = answer.json["metadata"]["feature_names"].index(feature.partition(":")[2])
        found: list[Any] = answer.json["results"][column]["values"]
        return found

    def wait_for(self, status: int, feature: str, entities: Mapping[str, Sequence[Any]], seconds: float) -> float:
        """Until it answers with a status; after how many seconds.

        Raises:
            AssertionError: It doesn't.
        """
        start = time.monotonic()
        while (answer := self.ask([feature], entities)).status != status:
            assert time.monotonic() - start < seconds, f"{answer} after {seconds:.0f} s"
            time.sleep(POLL_SECONDS)
        return time.monotonic() - start

    def target(self, features: Sequence[str], bodies: Sequence[Mapping[str, Sequence[Any]]]) -> Target:
        """What a load asks it, in turns."""
        asked = [json.dumps({"features": list(features), "entities": dict(body)}).encode() for body in bodies]
        return Target(
            self.host,
            asked,
            "/get-online-features",
            port=NodeConfig().ingress_port,
            headers=tuple(self.headers.items()),
        )


def key_of(team: str) -> str:
    """A team's key, as `mlp` hands it out."""
    given = json.loads(mlp("credentials", "features", "--team", team, "--json", seconds=60).must_succeed().stdout)
    return str(given["password"])
