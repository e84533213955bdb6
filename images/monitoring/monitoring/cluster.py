"""The API server, asked with the pod's own token: the standard library does."""

from __future__ import annotations

import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from .errors import MonitoringError

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
SECONDS = 15
PAGE = 500


class RefusedError(MonitoringError):
    """The API server said no; `status` is its HTTP status."""

    def __init__(self, path: str, status: int) -> None:
        super().__init__(f"the API server answers {path} with {status}")
        self.status = status


class Cluster:
    """GET requests. The token is read anew each time: the kubelet replaces it every hour."""

    def __init__(self, address: str = "", account: Path = ACCOUNT) -> None:
        """Of the cluster that the pod runs in, unless an address is given."""
        self.account = account
        self.address = address or _in_cluster()
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self.address.startswith("https:"):
            context = ssl.create_default_context(cafile=str(account / "ca.crt"))
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)

    def get(self, path: str) -> dict[str, Any]:
        """One answer.

        Raises:
            RefusedError: It answers with an error.
            MonitoringError: It doesn't answer.
        """
        try:
            token = (self.account / "token").read_text().strip()
        except OSError as error:
            raise MonitoringError(f"no token in {self.account}: {error.strerror}") from None
        request = urllib.request.Request(  # noqa: S310 - the API server's own address
            self.address + path, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"}
        )
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise RefusedError(path, error.code) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise MonitoringError(f"the API server at {self.address} doesn't answer {path}: {reason}") from None

    def list(self, path: str, selector: str = "") -> list[dict[str, Any]]:
        """All objects of a kind, page by page, so that a big cluster isn't held in memory twice."""
        found: list[dict[str, Any]] = []
        query = {"limit": str(PAGE)} | ({"labelSelector": selector} if selector else {})
        while True:
            page = self.get(f"{path}?{urllib.parse.urlencode(query)}")
            found += page.get("items") or []
            if not (more := page.get("metadata", {}).get("continue")):
                return found
            query["continue"] = more


def _in_cluster() -> str:
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST", ""), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise MonitoringError("this isn't a pod: KUBERNETES_SERVICE_HOST isn't set")
    return f"https://{f'[{host}]' if ':' in host else host}:{port}"
