"""What runs is what was built and tested here: golden images, by digest."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity

GOLDEN = re.compile(r"[^/@]+/mlplatform/[a-z0-9-]+@sha256:[0-9a-f]{64}")
"""`registry/mlplatform/name@sha256:...`"""


def _check(resource: Resource) -> Iterator[str]:
    for container in pods.containers(resource):
        if wrong := _wrong(container.spec.get("image") or ""):
            yield f"{container.title}: {wrong}"
    for pod in pods.of(resource):
        for volume in pod.spec.get("volumes") or ():
            source = volume.get("image")
            if source is not None and (wrong := _wrong(source.get("reference") or "")):
                yield f"{pod.title}: volume {volume.get('name')}: {wrong}"


def _wrong(image: str) -> str:
    if GOLDEN.fullmatch(image):
        return ""
    return f"image {image or 'none'} {'is no golden one' if '@sha256:' in image else 'is not by digest'}"


RULE = Rule(
    "reproducibility-images-by-digest",
    "Containers run golden images by digest.",
    Severity.HIGH,
    "use <registry>/mlplatform/<name>@sha256:<digest> of the release that the spec names (`images:`)",
    _check,
    "policy team-images, in teams' namespaces",
)
