"""A model's image: the golden serving image and one layer more. Made by the registry's API alone: nothing is run."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import PackError
from .layer import Layer
from .registry import DOCKER_MANIFEST, INDEXES, OCI_MANIFEST, Registry, digest_of

REFERENCE = re.compile(r"(?P<host>[^/]+)/(?P<repository>[a-z0-9/._-]+)@(?P<digest>sha256:[0-9a-f]{64})")
LAYERS = {
    OCI_MANIFEST: "application/vnd.oci.image.layer.v1.tar",
    DOCKER_MANIFEST: "application/vnd.docker.image.rootfs.diff.tar",
}
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
EPOCH = "1970-01-01T00:00:00Z"


@dataclass(frozen=True)
class Reference:
    """An image by digest."""

    host: str
    repository: str
    digest: str

    def __str__(self) -> str:
        """As containers name it."""
        return f"{self.host}/{self.repository}@{self.digest}"


def parse(text: str) -> Reference:
    """An image from its text.

    Raises:
        PackError: It isn't one by digest.
    """
    found = REFERENCE.fullmatch(text)
    if found is None:
        raise PackError(
            f"the serving image is {text!r}, which isn't <registry>/<name>@sha256:<digest>",
            "set MLP_SERVING_IMAGE to the image serving of the platform's release",
        )
    return Reference(**found.groupdict())


def find(registry: Registry, repository: str, tag: str) -> str:
    """The digest of what was packed under a tag; empty if nothing was."""
    there = registry.manifest(repository, tag)
    return digest_of(there[0]) if there else ""


def append(
    registry: Registry, base: Reference, repository: str, tag: str, layer: Layer, labels: Mapping[str, str]
) -> str:
    """Push base and layer as one image; its digest, which depends on nothing but base, layer and labels.

    Raises:
        PackError: The base isn't there, or the registry refuses.
    """
    manifest, kind = _base(registry, base)
    config = json.loads(registry.blob(base.repository, manifest["config"]["digest"]))
    config["created"] = EPOCH
    config.setdefault("config", {})["Labels"] = {**(config["config"].get("Labels") or {}), **labels}
    config["rootfs"]["diff_ids"].append(layer.digest)
    config.setdefault("history", []).append({"created": EPOCH, "created_by": "mlplatform_packer"})
    body = _json(config)
    for one in manifest["layers"]:
        registry.mount(repository, one["digest"], base.repository)
    registry.upload(repository, layer.digest, layer.path)
    registry.upload(repository, digest_of(body), body)
    made = {
        "schemaVersion": 2,
        "mediaType": kind,
        "config": {**manifest["config"], "digest": digest_of(body), "size": len(body)},
        "layers": [*manifest["layers"], {"mediaType": LAYERS[kind], "digest": layer.digest, "size": layer.size}],
    }
    return registry.put_manifest(repository, tag, _json(made), kind)


def _base(registry: Registry, base: Reference) -> tuple[dict[str, Any], str]:
    found = registry.manifest(base.repository, base.digest)
    if found is None:
        raise PackError(
            f"registry {base.host} has no image {base.repository}@{base.digest[:19]}",
            "push it: mlp images serving, then mlp up",
        )
    manifest, kind = json.loads(found[0]), found[1]
    if kind in INDEXES:
        wanted = MACHINES.get(platform.machine(), platform.machine())
        for one in manifest["manifests"]:
            if one.get("platform", {}).get("architecture") == wanted:
                return _base(registry, Reference(base.host, base.repository, one["digest"]))
        raise PackError(f"{base} isn't there for {wanted}", "build the serving image for this kind of machine")
    if kind not in LAYERS:
        raise PackError(f"{base} is of a kind that isn't known: {kind!r}", "push it as OCI or Docker v2 manifest")
    return manifest, kind


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
