"""Counters and histograms as Prometheus reads them, under the names that BentoML gives them.

A dictionary look-up a value: what BentoML's own middleware does to each request costs more than a small model.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
SCORES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 2.0, 5.0, 10.0)
CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
Labels = tuple[str, ...]


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


@dataclass
class Counter:
    """One counter, or a gauge that is read when it is asked for."""

    name: str
    text: str
    kind: str
    names: Sequence[str] = ()
    values: dict[Labels, float] = field(default_factory=dict)
    read: Callable[[], float] | None = None

    def add(self, amount: float = 1, labels: Labels = ()) -> None:
        """So many more."""
        self.values[labels] = self.values.get(labels, 0) + amount

    def lines(self, common: Mapping[str, str]) -> Iterator[str]:
        """Its part of the text."""
        values = {(): self.read()} if self.read else (self.values or ({} if self.names else {(): 0.0}))
        for labels, value in values.items():
            yield f"{self.name}{_labels(common, self.names, labels)} {_number(value)}"


@dataclass
class Histogram:
    """Values by size."""

    name: str
    text: str
    bounds: Sequence[float]
    names: Sequence[str] = ()
    kind: str = "histogram"
    counts: dict[Labels, list[int]] = field(default_factory=dict)
    sums: dict[Labels, float] = field(default_factory=dict)

    def observe(self, value: float, labels: Labels = ()) -> None:
        """One value."""
        counts = self.counts.get(labels)
        if counts is None:
            counts = self.counts[labels] = [0] * (len(self.bounds) + 1)
            self.sums[labels] = 0.0
        counts[bisect_left(self.bounds, value)] += 1
        self.sums[labels] += value

    def lines(self, common: Mapping[str, str]) -> Iterator[str]:
        """Its part of the text."""
        for labels, counts in self.counts.items():
            total = 0
            for bound, count in zip((*map(_number, self.bounds), "+Inf"), counts, strict=True):
                total += count
                yield f"{self.name}_bucket{_labels(common, (*self.names, 'le'), (*labels, bound))} {total}"
            shown = _labels(common, self.names, labels)
            yield f"{self.name}_sum{shown} {self.sums[labels]!r}"
            yield f"{self.name}_count{shown} {total}"


def _labels(common: Mapping[str, str], names: Sequence[str], values: Sequence[str]) -> str:
    pairs = [*common.items(), *zip(names, values, strict=True)]
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs) + "}" if pairs else ""


class Metrics:
    """All of a model pod."""

    def __init__(self, service: str, in_flight: Callable[[], float]) -> None:
        self.common = {"service_name": service, "service_version": ""}
        by = ("endpoint", "http_response_code")
        self.total = Counter("bentoml_service_request_total", "Requests answered.", "counter", by)
        self.duration = Histogram(
            "bentoml_service_request_duration_seconds", "Seconds from a request's head to its answer.", SECONDS, by
        )
        self.in_progress = Counter(
            "bentoml_service_request_in_progress", "Requests being answered.", "gauge", read=in_flight
        )
        self.batch = Histogram("bentoml_service_adaptive_batch_size", "Rows that the model was given at once.", SIZES)
        self.score = Histogram("mlplatform_model_score", "Scores of predictions, where the model gives one.", SCORES)
        self.logged = Counter("mlplatform_predictions_logged_total", "Predictions written to the log.", "counter")
        self.dropped = Counter(
            "mlplatform_predictions_dropped_total", "Predictions that the log had no room for.", "counter"
        )

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """One request."""
        labels = (endpoint, str(status))
        self.total.add(1, labels)
        self.duration.observe(seconds, labels)

    def text(self) -> bytes:
        """The answer of /metrics."""
        lines = []
        for one in (self.total, self.duration, self.in_progress, self.batch, self.score, self.logged, self.dropped):
            lines += [f"# HELP {one.name} {one.text}", f"# TYPE {one.name} {one.kind}", *one.lines(self.common)]
        return ("\n".join(lines) + "\n").encode()
