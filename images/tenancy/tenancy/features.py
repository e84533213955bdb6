"""A team's key in the feature registry, by the admin API of our registry server (images/feast)."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote

from .errors import ToolError
from .http import ask


@dataclass(frozen=True)
class FeatureRegistry:
    """The registry as its admin."""

    uri: str
    key: str = field(repr=False)

    def give(self, name: str, key: str) -> None:
        """This key opens the team's project, and no key before it."""
        self._must("PUT", quote(name), {"key": key})

    def end(self, name: str) -> None:
        """No access from now on. What was defined stays."""
        self._must("DELETE", f"{quote(name)}?purge=false")

    def purge(self, name: str) -> None:
        """Neither key nor project, whatever of them is there."""
        self._must("DELETE", f"{quote(name)}?purge=true")

    def _must(self, method: str, path: str, fields: dict[str, object] | None = None) -> None:
        tool = f"feature registry at {self.uri}"
        answer = ask(tool, method, f"{self.uri}/-/teams/{path}", f"Bearer {self.key}", fields)
        if answer.status != HTTPStatus.OK:
            raise ToolError(f"{tool}: {answer.status} {answer.message}")
