"""What is decided about a service. Its status holds all of it, so that a controller that starts anew goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from .wanted import Package

KEPT = 10
STARTING, CANARY, PROMOTING = "Starting", "Canary", "Promoting"


def stamp() -> str:
    """Now, as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Version:
    """A revision that is there."""

    mark: str
    package: Package
    since: str
    phase: str = ""
    """Of a candidate: how far it is."""

    def fields(self) -> dict[str, Any]:
        """As in the status."""
        found = {"revision": self.mark, "since": self.since, "package": self.package.mark, **self.package.fields()}
        return {**found, "phase": self.phase} if self.phase else found

    @classmethod
    def read(cls, told: Mapping[str, Any] | None) -> Version | None:
        """From the status."""
        if not told or not told.get("revision"):
            return None
        values = {key: str(told.get(key) or "") for key in ("image", "version", "model", "run")}
        package = Package(**values, mark=str(told.get("package") or ""))
        return cls(str(told["revision"]), package, str(told.get("since") or ""), str(told.get("phase") or ""))


@dataclass(frozen=True)
class Rejected:
    """The revision that was rolled back last: it isn't tried again until it is packed again."""

    mark: str
    package: str
    reason: str
    message: str


@dataclass(frozen=True)
class State:
    """All that is decided."""

    stable: Version | None = None
    candidate: Version | None = None
    rejected: Rejected | None = None
    history: tuple[dict[str, Any], ...] = field(default_factory=tuple)

    def tried(self, version: Version, result: str, reason: str, message: str, more: Mapping[str, Any]) -> State:
        """With one decision more, the newest first."""
        entry = {
            "at": stamp(),
            "result": result,
            "reason": reason,
            "message": message[:1024],
            **version.package.fields(),
            **more,
        }
        return replace(self, history=(entry, *self.history)[:KEPT])

    def fields(self) -> dict[str, Any]:
        """As in the status: what isn't there is null, so that a merge removes it."""
        return {
            "stable": self.stable.fields() if self.stable else None,
            "candidate": self.candidate.fields() if self.candidate else None,
            "rejected": {
                "revision": self.rejected.mark,
                "package": self.rejected.package,
                "reason": self.rejected.reason,
                "message": self.rejected.message[:1024],
            }
            if self.rejected
            else None,
            "history": list(self.history),
        }

    @classmethod
    def read(cls, status: Mapping[str, Any]) -> State:
        """From the status."""
        told = status.get("rejected") or {}
        rejected = (
            Rejected(told["revision"], told["package"], told["reason"], told.get("message") or "") if told else None
        )
        return cls(
            stable=Version.read(status.get("stable")),
            candidate=Version.read(status.get("candidate")),
            rejected=rejected,
            history=tuple(status.get("history") or ()),
        )
