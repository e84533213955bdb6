"""What came of a load: every request with its latency from the moment it was due, and what it was answered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from hdrh.histogram import HdrHistogram

MICROSECONDS = 1e6
LONGEST_SECONDS = 3600
DIGITS = 3
"""Of each latency that the histogram keeps."""
NO_ANSWER = 0
"""The status of a request that got none."""
PERCENTILES = (50, 95, 99)
SHOWN = 5


class Sample(NamedTuple):
    """One request."""

    at: float
    """When it was due, in seconds since the start."""
    seconds: float
    """From then until its answer was whole, so that a wait for a connection counts: nobody's request waits less because
    others' do (no coordinated omission)."""
    status: int
    """NO_ANSWER where there was none."""
    said: str
    """Of an answer what its reader made of it, else why there is none."""

    @property
    def well(self) -> bool:
        """Whether it was answered with what was asked for."""
        return 200 <= self.status < 300


@dataclass
class Traffic:
    """A load while it runs and after it."""

    samples: list[Sample] = field(default_factory=list)
    """In the order in which they ended."""
    asked: int = 0
    """Requests that were due so far."""
    late: HdrHistogram = field(default_factory=lambda: histogram([]))
    """How much later than due a request was handed on: the generator's own fault, part of every latency."""

    def between(self, since: float = 0.0, until: float = float("inf")) -> list[Sample]:
        """Requests that were due then and have ended."""
        return [sample for sample in self.samples if since <= sample.at < until]

    def latencies(self, since: float = 0.0, until: float = float("inf")) -> HdrHistogram:
        """Latencies in microseconds of the requests that were due then and answered well."""
        return histogram([sample.seconds for sample in self.between(since, until) if sample.well])

    def percentile(self, percent: float, since: float = 0.0, until: float = float("inf")) -> float:
        """A latency in seconds; infinite where nothing was answered well."""
        found = self.latencies(since, until)
        return found.get_value_at_percentile(percent) / MICROSECONDS if found.get_total_count() else float("inf")

    @property
    def failures(self) -> list[Sample]:
        """Requests without an answer or with another one than 2xx."""
        return [sample for sample in self.samples if not sample.well]

    @property
    def statuses(self) -> Counter[int]:
        """How many got which."""
        return Counter(sample.status for sample in self.samples)

    @property
    def said(self) -> Counter[str]:
        """What the answers' reader made of those that were well."""
        return Counter(sample.said for sample in self.samples if sample.well)

    @property
    def lag(self) -> float:
        """Seconds within which 99% of the requests were handed on; where it is large, the generator is too slow."""
        return float(self.late.get_value_at_percentile(99) / MICROSECONDS)

    def lines(self) -> list[str]:
        """For people."""
        shown = ", ".join(f"{status or 'no answer'}: {number}" for status, number in sorted(self.statuses.items()))
        latencies = [f"{percent}%: {self.percentile(percent) * 1000:.1f} ms" for percent in PERCENTILES]
        longest = max((sample.seconds for sample in self.samples), default=0.0)
        why = Counter(f"{sample.status or 'no answer'} {sample.said}" for sample in self.failures)
        return [
            f"{self.asked} requests asked for, {len(self.samples)} ended; {shown}",
            f"latency {', '.join(latencies)}, longest {longest * 1000:.1f} ms; "
            f"handed on within {self.lag * 1000:.1f} ms",
            *(f"  {number} x {text[:200]}" for text, number in why.most_common(SHOWN)),
        ]

    def __str__(self) -> str:
        return "\n".join(self.lines())


def histogram(seconds: list[float]) -> HdrHistogram:
    """An HDR histogram in microseconds."""
    made = HdrHistogram(1, int(LONGEST_SECONDS * MICROSECONDS), DIGITS)
    for value in seconds:
        made.record_value(max(1, int(value * MICROSECONDS)))
    return made
