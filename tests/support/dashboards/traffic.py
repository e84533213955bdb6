"""A little real use of a model service, so that its dashboards have something to show."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from types import TracebackType

from tests.support.model_services import ModelService

PAUSE_SECONDS = 0.1
ITEMS = range(1, 100)
CLICKED = 0.2
FIRST_SECONDS = 30
"""The first request may have to wait for a pod."""


@dataclass
class Traffic:
    """People who ask and click, for as long as the block runs."""

    service: ModelService
    sent: int = 0
    failed: list[str] = field(default_factory=list)
    _end: threading.Event = field(default_factory=threading.Event)
    _people: threading.Thread | None = None

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
        """One answer, and what became of two of its items."""
        answer = self.service.predict({"history": chance.sample(ITEMS, 3)}, seconds=seconds, k=10)
        for item in chance.sample(ITEMS, 2):
            told = {"request_id": answer["request_id"], "item": item, "clicked": chance.random() < CLICKED}
            self.service.site.ask("POST", "/feedback", told, seconds=seconds)
        self.sent += 1

    def _run(self) -> None:
        chance = random.Random(1)
        while not self._end.wait(PAUSE_SECONDS):
            try:
                self.once(chance)
            except (AssertionError, OSError) as error:
                self.failed.append(str(error))
