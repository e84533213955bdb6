"""The log of predictions and what became of them, in the team's own database: never in an answer's way."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ROOM = 10_000
"""Entries that wait for the database; more are dropped and counted."""
EVERY_SECONDS = 0.5
AT_ONCE = 2_000
RETRY_SECONDS = 5.0
END_SECONDS = 3.0
# Any number, the same in every pod: one at a time makes the tables.
LOCK = 0x6D6C7376
TABLES = (
    "CREATE SCHEMA IF NOT EXISTS serving",
    """CREATE TABLE IF NOT EXISTS serving.predictions (
        request_id text NOT NULL, at timestamptz NOT NULL, model text NOT NULL, version text NOT NULL,
        features jsonb, answer jsonb, score double precision, seconds double precision)""",
    "CREATE INDEX IF NOT EXISTS predictions_at ON serving.predictions (at)",
    "CREATE INDEX IF NOT EXISTS predictions_request ON serving.predictions (request_id)",
    """CREATE TABLE IF NOT EXISTS serving.feedback (
        request_id text NOT NULL, at timestamptz NOT NULL, item bigint, clicked boolean NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS feedback_at ON serving.feedback (at)",
    "CREATE INDEX IF NOT EXISTS feedback_request ON serving.feedback (request_id)",
)
COPY = {
    "predictions": "COPY serving.predictions (request_id, at, model, version, features, answer, score, seconds) "
    "FROM STDIN",
    "feedback": "COPY serving.feedback (request_id, at, item, clicked) FROM STDIN",
}
OLD = (
    "DELETE FROM serving.predictions WHERE at < now() - make_interval(days => %s)",
    "DELETE FROM serving.feedback WHERE at < now() - make_interval(days => %s)",
)


@dataclass(frozen=True)
class Prediction:
    """One row."""

    request_id: str
    model: str
    version: str
    features: Any
    answer: Any
    score: float | None
    seconds: float
    at: datetime

    table = "predictions"

    def values(self) -> tuple[Any, ...]:
        """As COPY takes it. JSON can hold a zero character, Postgres can't."""
        features, answer = (
            json.dumps(value, default=str).replace("\\u0000", "") for value in (self.features, self.answer)
        )
        return (self.request_id, self.at, self.model, self.version, features, answer, self.score, self.seconds)


@dataclass(frozen=True)
class Feedback:
    """What somebody did with an answer."""

    request_id: str
    item: int | None
    clicked: bool
    at: datetime

    table = "feedback"

    def values(self) -> tuple[Any, ...]:
        """As COPY takes it."""
        return (self.request_id, self.at, self.item, self.clicked)


Entry = Prediction | Feedback
Write = Callable[[Sequence[Entry]], None]


class PredictionLog:
    """A bounded queue and a thread that empties it. Without `write` it takes nothing."""

    def __init__(
        self,
        write: Write | None,
        logged: Callable[[float], None],
        dropped: Callable[[float], None],
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._write, self._logged, self._dropped = write, logged, dropped
        self._retry_seconds = retry_seconds
        self._waiting: deque[Entry] = deque()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)
        self.failing = ""

    @property
    def on(self) -> bool:
        """Whether there is a log."""
        return self._write is not None

    def start(self) -> None:
        """Begin to write."""
        if self.on:
            self._thread.start()

    def put(self, entry: Entry) -> bool:
        """Note an entry; whether there was room."""
        if not self.on:
            return False
        if len(self._waiting) >= ROOM:
            self._dropped(1)
            return False
        self._waiting.append(entry)
        return True

    def stop(self) -> None:
        """Write what waits, as far as there is time."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(END_SECONDS)

    def _run(self) -> None:
        # One round more after the end was said.
        while not self._ending.wait(EVERY_SECONDS):
            self._empty()
        self._empty()

    def _empty(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            while not self._written(batch):
                if self._ending.wait(self._retry_seconds):
                    if not self._written(batch):
                        self._dropped(len(batch))
                    return

    def _written(self, batch: Sequence[Entry]) -> bool:
        assert self._write is not None  # noqa: S101 - `put` takes nothing then
        try:
            self._write(batch)
        except Exception as error:
            said = f"{type(error).__name__}: {error}".strip().splitlines()[0]
            if said != self.failing:
                print(f"prediction log: can't write, tried again until it works: {said}", flush=True)
            self.failing = said
            return False
        if self.failing:
            print("prediction log: writes again", flush=True)
            self.failing = ""
        self._logged(len(batch))
        return True


def to_postgres(url: str, days: int) -> Write:
    """Writes to a database, whose tables are made when they aren't there."""
    held: list[Any] = []

    def connected() -> Any:
        import psycopg

        if held and not held[0].closed:
            return held[0]
        held.clear()
        made = psycopg.connect(url, connect_timeout=5, application_name="model")
        with made.transaction():
            made.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            for statement in TABLES:
                made.execute(statement)
            for statement in OLD:
                made.execute(statement, (days,))
        held.append(made)
        return made

    def write(batch: Sequence[Entry]) -> None:
        try:
            server = connected()
            with server.transaction():
                for table, command in COPY.items():
                    rows = [entry.values() for entry in batch if entry.table == table]
                    if rows:
                        with server.cursor().copy(command) as copy:
                            for row in rows:
                                copy.write_row(row)
        except Exception:
            for one in held:
                one.close()
            held.clear()
            raise

    return write


def now() -> datetime:
    """When something happened."""
    return datetime.now(UTC)
