"""What a rule is: a name, a sentence, how bad a violation is, how to mend it, and a pure check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from policies.resource import Resource

FIX = "\n  fix: "


class Area(StrEnum):
    """What a rule is for; its name begins with it."""

    SECURITY = "security"
    COST = "cost"
    REPRODUCIBILITY = "reproducibility"
    TENANCY = "tenancy"
    RELIABILITY = "reliability"


class Severity(StrEnum):
    """How bad a violation is, in Pulumi's words; the worst last."""

    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True)
class _Said:
    """What people are told of a rule."""

    name: str
    """`<area>-<what it requires>`."""
    says: str
    """What has to hold: a sentence."""
    severity: Severity
    fix: str
    """What would make it hold."""

    @property
    def area(self) -> Area:
        """The first word of its name."""
        return Area(self.name.partition("-")[0])

    def message(self, what: str) -> str:
        """A violation as people read it."""
        return f"{what}{FIX}{self.fix}"

    def what(self, message: str) -> str:
        """The other way: what is wrong, out of a message before which the engine has put what the rule says."""
        return message.removeprefix(self.says).partition(FIX)[0].strip()


@dataclass(frozen=True)
class Rule(_Said):
    """About each resource by itself."""

    check: Callable[[Resource], Iterator[str]]
    """What is wrong with a resource, a line each; nothing if nothing is, or if the rule isn't about such a one."""
    admission: str = ""
    """What of the API server's refuses it too, for who goes past Pulumi; empty if nothing does."""


@dataclass(frozen=True)
class Violation:
    """What a rule about a whole stack finds wrong."""

    what: str
    urn: str = ""
    """The resource's; empty if it is the stack's."""


@dataclass(frozen=True)
class StackRule(_Said):
    """About all resources of a stack together."""

    check: Callable[[Sequence[Resource]], Iterator[Violation]]
    admission: str = ""
    """As of `Rule`."""
