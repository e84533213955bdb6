"""The ModelService, by the token of the pod."""

from __future__ import annotations

import json
import os
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from .errors import NoServiceError, PackError

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
PATH = "/apis/mlplatform.dev/v1/namespaces/{}/modelservices/{}"
ANNOTATION = "mlplatform.dev/package"


@dataclass(frozen=True)
class Cluster:
    """The API server, as one namespace's account."""

    server: str
    namespace: str
    account: Path = ACCOUNT

    @classmethod
    def own(cls, account: Path = ACCOUNT) -> Cluster:
        """Of the pod that this runs in.

        Raises:
            PackError: It has no token.
        """
        host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
        try:
            namespace = (account / "namespace").read_text().strip()
        except OSError:
            namespace = ""
        if not host or not namespace:
            raise NoServiceError(
                "this pod has no token for the cluster, so no ModelService can be told",
                "declare a model in the team's spec (`models:`) and run mlp up: tasks get a token then",
            )
        return cls(f"https://{f'[{host}]' if ':' in host else host}:{port}", namespace, account)

    def get(self, name: str) -> dict[str, Any]:
        """A ModelService.

        Raises:
            PackError: It isn't there.
        """
        return self._ask("GET", name)

    def annotate(self, name: str, text: str) -> None:
        """Write its package: this is what begins a rollout."""
        body = {"metadata": {"annotations": {ANNOTATION: text}}}
        self._ask("PATCH", name, json.dumps(body).encode())

    def _ask(self, method: str, name: str, body: bytes | None = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the cluster's own address
            self.server + PATH.format(self.namespace, name), body, method=method
        )
        request.add_header("Authorization", f"Bearer {(self.account / 'token').read_text().strip()}")
        request.add_header("Accept", "application/json")
        if body:
            request.add_header("Content-Type", "application/merge-patch+json")
        authority = self.account / "ca.crt"
        trusted = ssl.create_default_context(cafile=str(authority)) if self.server.startswith("https") else None
        try:
            with urllib.request.urlopen(request, timeout=20, context=trusted) as answer:  # noqa: S310
                found: dict[str, Any] = json.loads(answer.read())
                return found
        except urllib.error.HTTPError as error:
            # A task may look at those of its team alone: any other name is forbidden, there or not.
            if error.code in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
                raise NoServiceError(
                    f"there is no model service {name} in {self.namespace}",
                    "declare it in the team's spec (`models:`) and run mlp up",
                ) from None
            said = error.read(400).decode(errors="replace")
            raise PackError(
                f"the cluster refuses {method} of model service {name}: {error.code} {said}",
                "run mlp up: the team's stack lets its tasks do it",
            ) from None
        except OSError as error:
            raise PackError(f"the cluster doesn't answer: {error}", "try again in a minute") from None
