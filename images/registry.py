"""Pushes images to a registry and says by which digest they are run from there."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import os
import tempfile
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path

from images import fingerprint, storage
from images.build import built, log_of
from images.catalog import Image
from local import paths
from local.problem import Problem

PROJECT = "mlplatform"
CONNECT_SECONDS = 3.0
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
# Ranges from which nothing is reached over a network that others share: loopback and the node's own bridge.
PLAIN = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("100.64.0.0/10"))


def is_plain(registry: str) -> bool:
    """Whether the registry is this machine's own, and so spoken to over HTTP; every other one needs TLS."""
    host = registry.split("/")[0].split(":")[0]
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in PLAIN)


def answers(registry: str) -> bool:
    """Whether a registry is there: a proxy that answers for everybody is none."""
    host = registry.partition("/")[0]
    try:
        with urllib.request.urlopen(_request(host), timeout=CONNECT_SECONDS):  # noqa: S310 - _request sets the scheme
            return True
    except urllib.error.HTTPError as error:
        return error.code == HTTPStatus.UNAUTHORIZED
    except OSError:
        return False


def repository(image: str, registry: str) -> str:
    """Where an image is in a registry, without tag or digest."""
    return f"{registry.rstrip('/')}/{PROJECT}/{image}"


def push(image: Image, registry: str) -> str:
    """Push the built image unless the registry has its tag; returns the digest of its manifest there.

    Raises:
        Problem: The registry can't be reached or refuses; with the end of the log.
    """
    tag = fingerprint.tag(image)
    name = repository(image.name, registry)
    if found := digest_of(name, tag):
        return found
    with tempfile.NamedTemporaryFile(dir=_scratch(), suffix=".digest") as noted:
        options = ["--quiet", "--digestfile", noted.name]
        if is_plain(registry):
            options.append("--tls-verify=false")
        source = built(image, tag)
        storage.buildah(["push", *options, source, f"docker://{name}:{tag}"], log_of(image), f"pushing {name}:{tag}")
        digest = Path(noted.name).read_text().strip()
    if not digest.startswith("sha256:"):
        raise Problem(f"the push of {name}:{tag} gave no digest: {digest!r}", f"read {log_of(image)}")
    return digest


def digest_of(name: str, tag: str) -> str:
    """The digest of a tag in its registry; empty if it isn't there or the registry doesn't tell us without a token."""
    host, _, path = name.partition("/")
    request = _request(host, f"{path}/manifests/{tag}", "HEAD")
    request.add_header("Accept", ", ".join(MANIFESTS))
    if credentials := _credentials(host):
        request.add_header("Authorization", f"Basic {credentials}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - _request sets the scheme
            return answer.headers.get("Docker-Content-Digest") or ""
    except urllib.error.HTTPError:
        # 404: not there. 401 and others: pushing finds out, with buildah's own way of getting a token.
        return ""
    except OSError as error:
        raise Problem(f"registry {host} doesn't answer: {error}", "is the node up? `mlp status` tells") from error


def _request(host: str, path: str = "", method: str = "GET") -> urllib.request.Request:
    scheme = "http" if is_plain(host) else "https"
    return urllib.request.Request(f"{scheme}://{host}/v2/{path}", method=method)  # noqa: S310 - one of these two


def auth_file() -> Path | None:
    """The file of registry credentials that buildah would take."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.geteuid()}")
    given = os.environ.get("REGISTRY_AUTH_FILE")
    candidates = [Path(given)] if given else []
    candidates += [Path(runtime) / "containers/auth.json", Path.home() / ".docker/config.json"]
    return next((path for path in candidates if path.is_file()), None)


def _credentials(host: str) -> str:
    path = auth_file()
    if path is None:
        return ""
    try:
        entry = json.loads(path.read_text()).get("auths", {}).get(host, {})
        credentials = str(entry.get("auth", ""))
        base64.b64decode(credentials, validate=True)
    except (OSError, ValueError, AttributeError, binascii.Error):
        return ""
    return credentials


def _scratch() -> Path:
    folder = paths.cache() / "images"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
