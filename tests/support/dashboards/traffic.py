"""A little real use of a model service, so that its dashboards have something to show."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from tests.support.cluster import Cluster
from tests.support.web import Site

PACKAGE = "mlplatform.dev/package"
KIND = "modelservices.mlplatform.dev"
PAUSE_SECONDS = 0.1
CLICKED = 0.2
FIRST_SECONDS = 30
"""The first request may have to wait for a pod."""


def packed(cluster: Cluster, namespace: str) -> dict[str, Any]:
    """A model service that has something to serve.

    Raises:
        AssertionError: The namespace has none; the text says how to get one.
    """
    services = cluster.items(KIND, "-n", namespace)
    found = [one for one in services if PACKAGE in one["metadata"].get("annotations", {})]
    assert found, f"no model service in {namespace} has a package: run `mlp model package` for one first"
    return found[0]


def registered(service: dict[str, Any]) -> str:
    """The model's name in the registry, under which its predictions are kept."""
    return str(json.loads(service["metadata"]["annotations"][PACKAGE])["model"])


@dataclass
class Traffic:
    """People who ask and click, for as long as the block runs."""

    site: Site
    sent: int = 0
    failed: list[str] = field(default_factory=list)
    _end: threading.Event = field(default_factory=threading.Event)
    _people: threading.Thread | None = None

    @classmethod
    def to(cls, service: dict[str, Any], ingress: str) -> Traffic:
        """Through the ingress, as from outside."""
        return cls(Site("model", ingress, service["spec"]["host"]))

    def __enter__(self) -> Traffic:
        # By then a pod is there, and what follows isn't one long wait.
        self.once(random.Random(0), FIRST_SECONDS)
        self._people = threading.Thread(target=self._run, name="traffic")
        self._people.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        assert self._people
        self._people.join()

    def once(self, chance: random.Random, seconds: float = 10) -> None:
        """One answer, and what became of it."""
        history = chance.sample(range(1, 100), 3)
        asked = {"inputs": [{"history": history}], "params": {"k": 10}}
        answer = self.site.ask("POST", "/predict", asked, seconds=seconds)
        for item in chance.sample(range(1, 100), 2):
            told = {"request_id": answer["request_id"], "item": item, "clicked": chance.random() < CLICKED}
            self.site.ask("POST", "/feedback", told, seconds=seconds)
        self.sent += 1

    def _run(self) -> None:
        chance = random.Random(1)
        while not self._end.wait(PAUSE_SECONDS):
            try:
                self.once(chance)
            except (AssertionError, OSError) as error:
                self.failed.append(str(error))
