"""A registry by its HTTP API (OCI distribution): blobs and manifests, nothing else."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

from .errors import PackError

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
# Ranges from which nothing is reached over a network that others share: loopback and the node's own bridge.
PLAIN = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("100.64.0.0/10"))
SECONDS = 60.0


def is_plain(registry: str) -> bool:
    """Whether it is spoken to over HTTP, as `images.registry` decides it too."""
    host = registry.split("/")[0].split(":")[0]
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in PLAIN)


def digest_of(body: bytes) -> str:
    """What a blob is called."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


class Registry:
    """One registry; user and password, where it wants them, are REGISTRY_USERNAME and REGISTRY_PASSWORD."""

    def __init__(self, host: str, environment: Mapping[str, str] = os.environ) -> None:
        self.host = host
        self._base = f"{'http' if is_plain(host) else 'https'}://{host}/v2/"
        user, password = environment.get("REGISTRY_USERNAME", ""), environment.get("REGISTRY_PASSWORD", "")
        self._known = base64.b64encode(f"{user}:{password}".encode()).decode() if user else ""

    def manifest(self, repository: str, reference: str) -> tuple[bytes, str] | None:
        """A manifest as it is there, and its kind; None if it isn't."""
        accepted = ", ".join((OCI_MANIFEST, DOCKER_MANIFEST, *INDEXES))
        answer = self._ask("GET", f"{repository}/manifests/{reference}", {"Accept": accepted}, absent=True)
        if answer is None:
            return None
        body = answer[1]
        kind = json.loads(body).get("mediaType") or answer[0].get("Content-Type", "").partition(";")[0]
        return body, str(kind)

    def blob(self, repository: str, digest: str) -> bytes:
        """A small blob.

        Raises:
            PackError: It isn't there.
        """
        answer = self._ask("GET", f"{repository}/blobs/{digest}", absent=True)
        if answer is None:
            raise PackError(
                f"{repository} in registry {self.host} lacks its blob {digest[:19]}", "push the image again: mlp images"
            )
        return answer[1]

    def has(self, repository: str, digest: str) -> bool:
        """Whether a blob is there."""
        return self._ask("HEAD", f"{repository}/blobs/{digest}", absent=True) is not None

    def mount(self, repository: str, digest: str, source: str) -> None:
        """Have a blob of another repository here too; nothing is copied unless the registry can't do it otherwise."""
        if self.has(repository, digest):
            return
        query = urlencode({"mount": digest, "from": source})
        headers, _, status = self._must("POST", f"{repository}/blobs/uploads/?{query}")
        if status != HTTPStatus.CREATED:
            self._put(headers["Location"], digest, self.blob(source, digest))

    def upload(self, repository: str, digest: str, content: bytes | Path) -> None:
        """Put a blob there unless it is."""
        if not self.has(repository, digest):
            headers, _, _ = self._must("POST", f"{repository}/blobs/uploads/")
            self._put(headers["Location"], digest, content)

    def put_manifest(self, repository: str, reference: str, body: bytes, kind: str) -> str:
        """Put a manifest under a tag; its digest."""
        self._must("PUT", f"{repository}/manifests/{reference}", {"Content-Type": kind}, body)
        return digest_of(body)

    def _put(self, location: str, digest: str, content: bytes | Path) -> None:
        url = urljoin(self._base, location)
        url += f"{'&' if '?' in url else '?'}{urlencode({'digest': digest})}"
        headers = {"Content-Type": "application/octet-stream"}
        if isinstance(content, bytes):
            self._must("PUT", url, headers, content)
            return
        with content.open("rb") as file:
            self._must("PUT", url, {**headers, "Content-Length": str(content.stat().st_size)}, file)

    def _must(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> tuple[Any, bytes, int]:
        answer = self._ask(method, path, headers, body)
        assert answer is not None  # noqa: S101 - only what may be absent is None
        return answer

    def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        *,
        absent: bool = False,
    ) -> tuple[Any, bytes, int] | None:
        request = urllib.request.Request(  # noqa: S310 - the scheme is ours
            urljoin(self._base, path), body, dict(headers or {}), method=method
        )
        if self._known:
            request.add_unredirected_header("Authorization", f"Basic {self._known}")
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return answer.headers, answer.read(), answer.status
        except urllib.error.HTTPError as error:
            if absent and error.code == HTTPStatus.NOT_FOUND:
                return None
            raise PackError(
                f"registry {self.host} refuses {method} {path.partition('?')[0]}: {error.code} {error.reason}",
                "set REGISTRY_USERNAME and REGISTRY_PASSWORD to an account that may push"
                if error.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
                else "see the registry's log, and whether its disk is full",
            ) from None
        except OSError as error:
            raise PackError(
                f"registry {self.host} doesn't answer: {getattr(error, 'reason', error)}", "is it up? try again then"
            ) from None
