"""What came of a load on a team's Airflow, for people, and whether the rate was held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

FULL = 0.9
"""Share of the processors from which on they are the limit."""
SHOWN = 10
"""Samples of the queue that are printed."""


@dataclass(frozen=True)
class Attempt:
    """One task of one run."""

    task: str
    tries: int
    waited: float
    """Seconds from when it was queued until it began: its pod's start, most of all."""
    ran: float


@dataclass(frozen=True)
class Load:
    """What was asked for and what came of it; seconds, but where it is said."""

    asked: int
    a_minute: float
    """Runs triggered in a minute."""
    ended: Sequence[float]
    """From its trigger to its end, of each run that ended well."""
    ended_a_minute: float
    """Runs that ended in a minute, over the second half of the time."""
    failed: Sequence[str]
    """Run and first task that failed."""
    queues: Sequence[int]
    """Runs that were triggered and hadn't ended, sampled while more were triggered."""
    left: int
    """Runs that hadn't ended when the wait for the last ones was over."""
    cores: float
    """Of the machine, in use while runs were triggered."""
    node_cores: float
    """Those of the node with all its pods."""
    attempts: Sequence[Attempt]

    @property
    def held(self) -> bool:
        """Whether every run ended well, and in the second half no more of them waited than in the first."""
        half = len(self.queues) // 2
        grew = median(self.queues[half:]) - median(self.queues[:half]) if half else 0
        return not self.failed and not self.left and grew <= self.a_minute

    def lines(self, cores: int) -> list[str]:
        """For people; `cores` is how many the machine has."""
        of = self.attempts
        lines = [
            f"{self.asked} runs asked for, {self.a_minute:g} a minute: {len(self.ended)} ended well, "
            f"{len(self.failed)} failed, {self.left} left; {self.ended_a_minute:.2f} a minute in the second half",
            f"a run: {spread(self.ended)}; waiting or running: {', '.join(map(str, every(self.queues, SHOWN)))}",
            f"processor: {self.cores:.2f} of {cores} cores, {self.node_cores:.2f} the node's, "
            f"{self.node_cores * 60 / self.a_minute:.0f} s of a core a run",
            *(
                f"  {task:<22} pod {spread([one.waited for one in of if one.task == task])}; "
                f"task {spread([one.ran for one in of if one.task == task])}"
                for task in dict.fromkeys(one.task for one in of)
            ),
            *(f"  failed: {failed}" for failed in self.failed),
        ]
        if again := Counter(one.task for one in of if one.tries > 1):
            lines.append("  tried again: " + ", ".join(f"{number} x {task}" for task, number in again.items()))
        return lines if self.held else [*lines, f"NOT HELD: {self.cause(cores)}"]

    def cause(self, cores: int) -> str:
        """The limit, and what sets it."""
        limit = f"the limit is {self.ended_a_minute:.2f} runs a minute"
        if self.cores >= FULL * cores:
            return f"{limit}: the processor is full, {self.cores:.2f} of {cores} cores are in use"
        if self.failed:
            return f"{limit}: {len(self.failed)} runs failed, with {self.cores:.2f} of {cores} cores in use"
        return f"{limit}: {self.cores:.2f} of {cores} cores in use, so it is waiting, not work: see the pods' times"


def spread(values: Sequence[float]) -> str:
    """Median and 95th percentile."""
    if not values:
        return "none"
    high = quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
    return f"{median(values):.1f} s (95%: {high:.1f} s)"


def every(values: Sequence[int], most: int) -> Sequence[int]:
    """At most so many of them, evenly taken."""
    return values[:: max(1, -(-len(values) // most))]
