"""BentoML's adaptive batching, with two differences: it sends nobody away early, and splits no request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from bentoml._internal.marshal.dispatcher import CorkDispatcher

from .answers import Refused
from .turns import Job

GIVE_UP_SECONDS = 30.0


def _late() -> Any:
    raise Refused(503, "the service is overloaded", "try again in a second")


class Dispatcher(CorkDispatcher):  # type: ignore[misc]  # bentoml is in the image alone
    """Decides how long the first of a queue waits for others, from how long calls of which size took."""

    def __init__(self, most: int, latency_ms: int) -> None:
        super().__init__(latency_ms, most, fallback=_late, get_batch_size=lambda job: len(job[0]))
        # BentoML cancels who would wait longer than the latency. At a step of the load that is all of them, just while
        # more pods come up: here the latency bounds what is waited for others, and nobody is sent away before this.
        self.max_latency = GIVE_UP_SECONDS

    def _get_inputs(self, num_batches: int | None = None) -> Iterator[Any]:
        """The first ones of the queue that fit together; a larger one goes alone."""
        size, most = 0, num_batches or self.max_batch_size
        while self._queue and (not size or size + len(self._queue[0].data[0]) <= most):
            job = self._queue.popleft()
            if job.future.done():
                continue
            size += len(job.data[0])
            yield job


def batched(
    most: int, latency_ms: int, answer: Callable[[Sequence[Job]], Awaitable[list[Any]]]
) -> Callable[[Job], Awaitable[Any]]:
    """From one request to its answer, by way of a batch."""
    called: Callable[[Job], Awaitable[Any]] = Dispatcher(most, latency_ms)(answer)
    return called
