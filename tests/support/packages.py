"""A packed model in the registry, taken over to another service's repository without packing it again."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from typing import Any

from images.registry import MANIFESTS, is_plain

SECONDS = 30
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Package:
    """What the annotation of a ModelService says."""

    image: str
    """<registry>/mlplatform/<repository>@sha256:..."""
    version: str
    model: str
    run: str
    at: str

    @classmethod
    def parse(cls, text: str) -> Package:
        """From the annotation; keys that it has besides don't matter here."""
        found = json.loads(text)
        return cls(found["image"], str(found["version"]), found["model"], found.get("run", ""), found["at"])

    @property
    def text(self) -> str:
        """The annotation."""
        return json.dumps(self.__dict__)

    @property
    def registry(self) -> str:
        """Host and port."""
        return self.image.partition("/")[0]

    @property
    def repository(self) -> str:
        """Within the registry."""
        return self.image.partition("/")[2].partition("@")[0]

    @property
    def digest(self) -> str:
        """Of the manifest."""
        return self.image.partition("@")[2]


def copied(package: Package, repository: str) -> Package:
    """The same image in another repository of its registry, such as mlplatform/model-team-search-other.

    Raises:
        AssertionError: The registry refused.
    """
    manifest, kind = _call(package.registry, "GET", f"{package.repository}/manifests/{package.digest}")
    parsed = json.loads(manifest)
    for blob in (parsed["config"], *parsed["layers"]):
        mount = f"{repository}/blobs/uploads/?mount={blob['digest']}&from={package.repository}"
        _call(package.registry, "POST", mount)
    _call(package.registry, "PUT", f"{repository}/manifests/{package.digest}", manifest, kind)
    return replace(package, image=f"{package.registry}/{repository}@{package.digest}")


def _call(registry: str, method: str, path: str, body: bytes | None = None, kind: str = "") -> tuple[bytes, str]:
    scheme = "http" if is_plain(registry) else "https"
    request = urllib.request.Request(f"{scheme}://{registry}/v2/{path}", body, method=method)
    request.add_header("Accept", ", ".join(MANIFESTS))
    if kind:
        request.add_header("Content-Type", kind)
    try:
        with DIRECT.open(request, timeout=SECONDS) as answer:
            # 202 instead of 201: the blob wasn't taken over, and is to be sent.
            assert answer.status != 202, f"{method} {path}: the registry doesn't mount"
            return answer.read(), answer.headers.get("Content-Type", "")
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {path}: {error.code} {error.read()[:300]!r}") from None


def as_json(package: Package) -> dict[str, Any]:
    """For a patch of the annotation."""
    return {"metadata": {"annotations": {"mlplatform.dev/package": package.text}}}
