"""POST /predict and POST /feedback: from a body to an answer."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Awaitable, Callable
from typing import Any

from .answers import Refused, wrong
from .app import Asked
from .bodies import parse
from .metrics import Metrics
from .model import AnswerError, Model, Package
from .prediction_log import Feedback, Prediction, PredictionLog, now
from .schema import MismatchError, kind_of
from .turns import Job, Turns, together

KNOWN = {"inputs", "params", "request_id"}
REQUEST_ID = re.compile(r"[\w.:-]{1,128}", re.ASCII)
SCORES = ("score", "scores", "probability")
OURS = "the model's own fault: its team sees it in the log of its pod"


class Predictions:
    """What answers, once a model is there."""

    def __init__(self, model: Model, package: Package, metrics: Metrics, log: PredictionLog) -> None:
        self._model, self._package, self._metrics, self._log = model, package, metrics, log
        self._turns = Turns()
        self._answer: Callable[[Job], Awaitable[Any]] = self._single
        self._said = 0

    def batch(self, most: int, latency_ms: int) -> None:
        """From now on answer requests together."""
        from .batching import batched

        self._answer = batched(most, latency_ms, self._together)

    async def predict(self, body: bytes, by: Asked) -> bytes:
        """The answer to a body.

        Raises:
            Refused: There is none, with the reason.
        """
        asked = parse(body)
        try:
            rows, params = self._asked(asked)
        except MismatchError as error:
            raise wrong(str(error), self._fix()) from None
        request_id = _id(asked.get("request_id"), by.request_id)
        try:
            answers = [self._model.checked(answer) for answer in await self._answer((rows, params))]
        except Refused:
            raise
        except Exception as error:
            self._say(error)
            kind = "gave no valid answer" if isinstance(error, AnswerError) else f"failed: {type(error).__name__}"
            raise Refused(500, f"the model {kind}: {str(error)[:300]}", OURS) from None
        if not by.probe:
            self._note(request_id, rows, answers, by.elapsed)
        found = {
            "outputs": answers,
            "model": self._package.model,
            "version": self._package.version,
            "request_id": request_id,
        }
        return json.dumps(found, separators=(",", ":")).encode()

    def example(self) -> bytes:
        """A body that the model answers; empty if it has no example."""
        return json.dumps({"inputs": self._model.example[:2]}).encode() if self._model.example else b""

    def feedback(self, body: bytes) -> bytes:
        """Note what somebody did with an answer.

        Raises:
            Refused: It can't be noted.
        """
        fix = 'send {"request_id": "...", "item": 5, "clicked": true}'
        asked = parse(body)
        if type(asked) is not dict:
            raise wrong(f"the body is {kind_of(asked)}, it must be an object", fix)
        request_id, item, clicked = asked.get("request_id"), asked.get("item"), asked.get("clicked")
        if not (isinstance(request_id, str) and REQUEST_ID.fullmatch(request_id)):
            raise wrong("request_id isn't that of an answer", fix)
        if item is not None and not (type(item) is int and -(2**63) <= item < 2**63):
            raise wrong("item must be a whole number", fix)
        if type(clicked) is not bool:
            raise wrong("clicked must be true or false", fix)
        if not self._log.on:
            raise Refused(503, "this service keeps no log", "give its pod a DATABASE_URL")
        if not self._log.put(Feedback(request_id, item, clicked, now())):
            raise Refused(503, "the log has no room now", "try again in a second")
        return b'{"noted":true}'

    def _asked(self, asked: Any) -> Job:
        if type(asked) is not dict:
            raise MismatchError(f"the body is {kind_of(asked)}, it must be an object with inputs")
        if "inputs" not in asked:
            raise MismatchError("the body has no inputs")
        if unknown := [name for name in asked if name not in KNOWN]:
            raise MismatchError(f"the body has {unknown[0]!r}: it takes inputs and params")
        given = asked.get("params")
        return self._model.rows(asked["inputs"]), self._model.params.fill({} if given is None else given)

    def _fix(self) -> str:
        if self._model.inputs is None:
            return 'send {"inputs": [...]}'
        return f"send what it takes, such as {json.dumps({'inputs': [self._model.inputs.sample]})}"

    async def _single(self, job: Job) -> Any:
        self._metrics.batch.observe(len(job[0]))
        return await self._turns.take(self._model.predict, *job)

    async def _together(self, jobs: Any) -> list[Any]:
        self._metrics.batch.observe(sum(len(job[0]) for job in jobs))
        return await self._turns.take(together, self._model.predict, jobs)

    def _note(self, request_id: str, rows: list[Any], answers: list[Any], seconds: float) -> None:
        at, package = now(), self._package
        for row, answer in zip(rows, answers, strict=True):
            score = score_of(answer)
            if score is not None:
                self._metrics.score.observe(score)
            if self._log.on:
                self._log.put(Prediction(request_id, package.model, package.version, row, answer, score, seconds, at))

    def _say(self, error: Exception) -> None:
        """The first failures, and then every hundredth: a log that tells each is one that nobody reads."""
        self._said += 1
        if self._said <= 10 or self._said % 100 == 0:
            print(f"prediction failed ({self._said}): {type(error).__name__}: {str(error)[:500]}", flush=True)


def _id(given: Any, header: bytes) -> str:
    for one in (given, header.decode("latin-1")):
        if isinstance(one, str) and REQUEST_ID.fullmatch(one):
            return one
    return os.urandom(12).hex()


def score_of(answer: Any) -> float | None:
    """A prediction's score: what is called so, the first of several, or an answer that is a number itself."""
    found = answer
    if type(answer) is dict:
        found = next((answer[name] for name in SCORES if name in answer), None)
        if found is None and len(answer) == 1:
            (found,) = answer.values()
            found = None if type(found) is list else found
    if type(found) is list and found:
        found = found[0]
    if type(found) is bool or not isinstance(found, int | float) or not math.isfinite(found):
        return None
    return float(found)
