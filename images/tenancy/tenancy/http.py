"""Requests to tools that speak JSON over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from .errors import first_line, unreachable

ON_ITS_WAY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


@dataclass(frozen=True)
class Answer:
    """What a tool said."""

    status: int
    text: str

    @property
    def fields(self) -> dict[str, Any]:
        """Its JSON object; empty if it is none."""
        try:
            found = json.loads(self.text or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def message(self) -> str:
        """Why it said no."""
        fields = self.fields
        return first_line(fields.get("message") or fields.get("error") or self.text)


def ask(
    tool: str,
    method: str,
    url: str,
    authorization: str,
    fields: dict[str, Any] | None = None,
    *,
    headers: dict[str, str] | None = None,
    seconds: float = 20,
) -> Answer:
    """The answer to a request, whatever its status.

    Raises:
        ToolError: Nothing answers, or a proxy in place of the tool.
    """
    request = urllib.request.Request(  # noqa: S310 - the addresses are the platform's own
        url, None if fields is None else json.dumps(fields).encode(), headers or {}, method=method
    )
    request.add_header("Authorization", authorization)
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:  # noqa: S310 - the same
            return Answer(response.status, response.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        if error.code in ON_ITS_WAY:
            raise unreachable(tool, error.code) from None
        return Answer(error.code, error.read().decode(errors="replace"))
    except OSError as error:
        raise unreachable(tool, getattr(error, "reason", None) or error) from None
