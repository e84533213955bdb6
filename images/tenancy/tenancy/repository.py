"""A git repository and the one who may use it, both of one name, by the admin API of our git server (images/git)."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote

from .errors import ToolError
from .http import ask


@dataclass(frozen=True)
class Check:
    """Who says whether a push is right."""

    url: str
    key: str = field(repr=False)


@dataclass(frozen=True)
class GitServer:
    """The git server as its admin."""

    uri: str
    key: str = field(repr=False)

    def give(self, name: str, password: str, check: Check | None) -> None:
        """Repository, user and check as wanted, whatever is there already."""
        wanted = {"url": check.url, "key": check.key} if check else None
        self._must("PUT", name, {"password": password, "check": wanted})

    def end(self, name: str) -> None:
        """No access from now on: the user is gone. What was pushed stays."""
        self._must("DELETE", f"{name}?purge=false")

    def purge(self, name: str) -> None:
        """Neither user nor repository, whatever of them is there."""
        self._must("DELETE", f"{name}?purge=true")

    def _must(self, method: str, path: str, fields: dict[str, object] | None = None) -> None:
        name, question, query = path.partition("?")
        tool = f"git server at {self.uri}"
        url = f"{self.uri}/-/repositories/{quote(name)}{question}{query}"
        answer = ask(tool, method, url, f"Bearer {self.key}", fields)
        if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT):
            raise ToolError(f"{tool}: {answer.status} {answer.message}")
