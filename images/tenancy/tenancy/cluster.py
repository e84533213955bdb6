"""The few things that the controller reads from the API server itself: Secrets, and a Tenant as it is now."""

from __future__ import annotations

import base64
import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from .errors import ToolError, unreachable
from .settings import Place

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
TENANTS = "apis/{group}/v1/namespaces/{namespace}/tenants/{name}"
SECRETS = "api/v1/namespaces/{namespace}/secrets/{name}"


@dataclass(frozen=True)
class Cluster:
    """The API server, as the pod's service account."""

    server: str
    group: str
    """API group of Tenants."""
    account: Path = ACCOUNT

    @classmethod
    def own(cls, group: str) -> Cluster:
        """The one that the pod runs in."""
        return cls(f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}", group)

    def secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """The values of a Secret.

        Raises:
            ToolError: It isn't there, or may not be read.
        """
        found = self._get(SECRETS.format(namespace=namespace, name=name))
        if found is None:
            raise ToolError(f"Secret {namespace}/{name} isn't there", "SecretMissing")
        return {key: base64.b64decode(value).decode() for key, value in (found.get("data") or {}).items()}

    def sign_in(self, place: Place) -> tuple[str, str]:
        """User name and password of an admin."""
        values = self.secret(place.namespace, place.name)
        return (
            key_of(values, place.user_key, f"{place.namespace}/{place.name}"),
            key_of(values, place.password_key, f"{place.namespace}/{place.name}"),
        )

    def tenant(self, namespace: str, name: str) -> Mapping[str, Any] | None:
        """The Tenant as it is now, or None if it is gone."""
        return self._get(TENANTS.format(group=self.group, namespace=namespace, name=name))

    def _get(self, path: str) -> dict[str, Any] | None:
        # The kubelet renews the token in its file.
        token = (self.account / "token").read_text().strip()
        request = urllib.request.Request(  # noqa: S310 - https, or a double on loopback
            f"{self.server}/{path}", headers={"Authorization": f"Bearer {token}"}
        )
        authority = self.account / "ca.crt"
        context = ssl.create_default_context(cafile=authority) if self.server.startswith("https") else None
        try:
            with urllib.request.urlopen(request, timeout=10, context=context) as answer:  # noqa: S310 - the same
                return dict(json.loads(answer.read()))
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return None
            if error.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                raise ToolError(f"{path} may not be read by the controller: {error.code}", "NotPermitted") from None
            raise unreachable("the API server", error.code) from None
        except OSError as error:
            raise unreachable("the API server", getattr(error, "reason", None) or error) from None


def key_of(values: Mapping[str, str], key: str, where: str) -> str:
    """One value of a Secret.

    Raises:
        ToolError: The Secret has no such key, or nothing in it.
    """
    if not values.get(key):
        raise ToolError(f"Secret {where} has no key {key}", "KeyMissing")
    return values[key]
