"""What runs is what was built and tested here: golden images, by digest."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity
from policies.tenancy import team

DIGEST = re.compile(r"[^@]+@sha256:[0-9a-f]{64}")
GOLDEN = re.compile(r"[^/@]+/mlplatform/[a-z0-9-]+@sha256:[0-9a-f]{64}")
"""`registry/mlplatform/name@sha256:...`"""


def _check(resource: Resource) -> Iterator[str]:
    teams = resource.namespace.startswith(team.PREFIX)
    for pod in pods.of(resource):
        for container in pod.containers:
            if wrong := _wrong(container.spec.get("image") or "", teams):
                yield f"{container.title}: {wrong}"
        for volume in pod.volumes:
            source = volume.get("image")
            if source is not None and (wrong := _wrong(source.get("reference") or "", teams)):
                yield f"{pod.title}: volume {volume.get('name')}: {wrong}"


def _wrong(image: str, teams: bool) -> str:
    if not DIGEST.fullmatch(image):
        return f"image {image or 'none'} is not by digest"
    # A platform may bring a tool that others built (`monitoring.grafana.image`), a team may not.
    return f"image {image} is no golden one" if teams and not GOLDEN.fullmatch(image) else ""


RULE = Rule(
    "reproducibility-images-by-digest",
    "Containers run images by digest, and those of teams golden ones.",
    Severity.HIGH,
    "use <registry>/mlplatform/<name>@sha256:<digest> of the release that the spec names (`images:`)",
    _check,
    "policy team-images, in teams' namespaces",
)
