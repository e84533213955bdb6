"""What a ModelService asks for, read and judged: it is a team's word, and routes lead to what it says."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from .kube import Object
from .settings import Settings

PACKAGE = "package"
"""Annotation <group>/package: what was packed last, as JSON."""
TEAMS = "team-"
KEYS = "model-keys"
FEATURE_KEYS = "feature-keys"
"""Secret that opens the team's features, where it has a feature store."""
"""The one Secret that becomes environment of a model pod."""


class RefusedError(Exception):
    """What isn't done for a ModelService, in one word and in a sentence with its fix."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Canary:
    """How a new version is tried."""

    weight: int = 10
    seconds: float = 60
    start_seconds: float = 60
    max_error_percent: float = 1
    max_latency_ratio: float = 3


@dataclass(frozen=True)
class Package:
    """What was packed."""

    image: str
    version: str = ""
    model: str = ""
    run: str = ""
    mark: str = ""
    """Tells one text of the annotation from another: packing the same again is a new try."""

    def fields(self) -> dict[str, str]:
        """As it is kept in a status."""
        return {"image": self.image, "version": self.version, "model": self.model, "run": self.run}


@dataclass(frozen=True)
class Wanted:
    """The spec."""

    namespace: str
    name: str
    uid: str
    host: str
    ingress_class: str
    cpu: str
    memory: str
    gpu: int = 0
    least: int = 0
    most: int = 1
    by_cpu: bool = False
    concurrency: float = 8
    idle_seconds: float = 300
    canary: Canary = field(default_factory=Canary)
    batch_size: int = 0
    batch_milliseconds: int = 0
    rotation: int = 1
    model: str = ""

    @property
    def team(self) -> str:
        """The team's name."""
        return self.namespace.removeprefix(TEAMS)

    @property
    def service(self) -> str:
        """Name of the Service, its slice and its Ingress."""
        return f"model-{self.name}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """What requests may call it: its address, and its Service inside of the cluster."""
        inside = f"{self.service}.{self.namespace}"
        return (self.host, inside, f"{inside}.svc", f"{inside}.svc.cluster.local")


def read(item: Object, settings: Settings) -> Wanted:
    """The spec of an object.

    Raises:
        RefusedError: It asks for another's address.
    """
    spec, meta = item["spec"], item["metadata"]
    canary, replicas, batching = spec.get("canary") or {}, spec["replicas"], spec.get("batching") or {}
    wanted = Wanted(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta["uid"],
        host=spec["host"],
        ingress_class=spec["ingressClass"],
        cpu=spec["resources"]["cpu"],
        memory=spec["resources"]["memory"],
        gpu=int(spec.get("gpu") or 0),
        least=int(replicas["min"]),
        most=max(1, int(replicas["min"]), int(replicas["max"])),
        by_cpu=spec.get("scaleBy") == "cpu",
        concurrency=float(spec.get("targetConcurrency") or Wanted.concurrency),
        idle_seconds=float(spec.get("idleSeconds") or Wanted.idle_seconds),
        canary=Canary(
            weight=int(canary.get("weight", Canary.weight)),
            seconds=float(canary.get("seconds", Canary.seconds)),
            start_seconds=float(canary.get("startSeconds", Canary.start_seconds)),
            max_error_percent=float(canary.get("maxErrorPercent", Canary.max_error_percent)),
            max_latency_ratio=float(canary.get("maxLatencyRatio", Canary.max_latency_ratio)),
        ),
        batch_size=int(batching.get("maxSize") or 0),
        batch_milliseconds=int(batching.get("maxLatencyMs") or 0),
        rotation=int(spec.get("rotation") or 1),
        model=str(spec.get("model") or ""),
    )
    right = f"{wanted.name}-{wanted.team}.{settings.base_domain}"
    if wanted.host != right:
        raise RefusedError("HostNotAllowed", f"host {wanted.host} isn't this service's; fix: set spec.host to {right}")
    return wanted


def package(item: Object, settings: Settings) -> Package | None:
    """What was packed for an object, if anything was.

    Raises:
        RefusedError: The annotation isn't one, or names an image that isn't this service's.
    """
    text = (item["metadata"].get("annotations") or {}).get(f"{settings.group}/{PACKAGE}")
    if not text:
        return None
    namespace, name = item["metadata"]["namespace"], item["metadata"]["name"]
    again = f"fix: run `mlp model package {name} --team {namespace.removeprefix(TEAMS)}` again"
    try:
        told: Any = json.loads(text)
        image = str(told["image"])
    except (ValueError, KeyError, TypeError):
        raise RefusedError(
            "PackageNotAllowed", f"annotation {settings.group}/{PACKAGE} isn't a package; {again}"
        ) from None
    repository = f"{settings.registry}/mlplatform/model-{namespace}-{name}"
    if not re.fullmatch(re.escape(repository) + r"@sha256:[0-9a-f]{64}", image):
        raise RefusedError("PackageNotAllowed", f"image {image[:200]} isn't one of {repository} by digest; {again}")
    mark = hashlib.sha256(text.encode()).hexdigest()[:12]
    values = {key: str(told.get(key) or "")[:200] for key in ("version", "model", "run")}
    return Package(image, values["version"], values["model"], values["run"], mark)
