"""HTTP requests to tools behind the ingress, with any credentials or none."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.refused import Refused

REFUSALS = (401, 403, 404)
# Proxies know nothing of this machine's own addresses.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def basic(user: str, password: str) -> dict[str, str]:
    """The header of basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Site:
    """A tool at an address; the host goes into a header because glibc doesn't resolve *.localhost."""

    tool: str
    address: str
    """For example http://127.0.0.1:8080."""
    host: str = ""
    """For example git.localhost:8080; that of the address if empty."""

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None, seconds: float = 30
    ) -> Any:
        """The answer, parsed if it is JSON.

        Args:
            body: Bytes as they are, anything else as JSON.

        Raises:
            Refused: 401, 403 or 404.
            AssertionError: Any other failure.
        """
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data, dict(headers or {}), method=method)
        if self.host:
            request.add_header("Host", self.host)
        if data is not None and not request.has_header("Content-type"):
            request.add_header("Content-Type", "application/json")
        try:
            with DIRECT.open(request, timeout=seconds) as answer:
                text = answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            if error.code not in REFUSALS:
                raise AssertionError(f"{self.tool}: {method} {path}: {error.code} {error.read()[:500]!r}") from None
            raise Refused(self.tool, f"{error.code} {error.read()[:500].decode(errors='replace')}") from None
        try:
            return json.loads(text)
        except ValueError:
            return text
