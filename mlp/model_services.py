"""A team's model services, as the cluster has them."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import kubernetes
from kubernetes.client.exceptions import ApiException

from components.kubernetes.labels import GROUP
from components.platform.serving_kind import PACKAGE, PLURAL, VERSION
from local.problem import Problem
from mlp import cluster, console, teams
from mlp.target import Target

FINAL = {"Crashed", "NotReady", "Errors", "Slow", "Superseded", "Withdrawn"}
"""Reasons why a version was rolled back: nothing more comes of it."""
REFUSED = {"PackageNotAllowed", "HostNotAllowed", "NotPermitted"}
"""Reasons of Ready that waiting doesn't mend."""
POLL_SECONDS = 0.5
SLACK_SECONDS = 120.0
PARTS = ("image", "model", "version", "run")


@dataclass(frozen=True)
class ModelService:
    """One of them."""

    name: str
    spec: Mapping[str, Any]
    status: Mapping[str, Any]
    package: str
    """Text of its annotation; empty if nothing was packed."""

    @property
    def told(self) -> dict[str, Any]:
        """What was packed last."""
        try:
            found = json.loads(self.package)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def condition(self, kind: str) -> Mapping[str, Any]:
        """One of its conditions; empty if nobody has said it yet."""
        found: Mapping[str, Any]
        for found in self.status.get("conditions") or ():
            if found.get("type") == kind:
                return found
        return {}

    @property
    def seen(self) -> bool:
        """Whether what its status says is about what was packed last."""
        return bool(self.package) and self.status.get("package") == digest(self.package)

    def as_dict(self) -> dict[str, Any]:
        """What programs read: fields are added, none is renamed or removed."""
        return {
            "name": self.name,
            "model": self.spec.get("model", ""),
            "ready": self.condition("Ready").get("status") == "True",
            "reason": self.condition("Ready").get("reason", ""),
            "message": self.condition("Ready").get("message", ""),
            "rolled_out": self.condition("RolledOut").get("status") == "True" and self.seen,
            "package": self.told,
            "spec": dict(self.spec),
            "status": dict(self.status),
        }


def digest(package: str) -> str:
    """What a status calls a package by."""
    return hashlib.sha256(package.encode()).hexdigest()[:12]


def every(team: str, where: Target) -> list[ModelService]:
    """All of a team.

    Raises:
        Problem: The team isn't up, or the cluster doesn't answer.
    """
    teams.require_up(team)
    namespace = teams.id_of(team)
    with cluster.client(where) as api:
        found: Any = kubernetes.client.CustomObjectsApi(api).list_namespaced_custom_object(
            GROUP, VERSION, namespace, PLURAL
        )
    return sorted(map(_read, found["items"]), key=lambda one: one.name)


class Services:
    """The model services of a team through an open client."""

    def __init__(self, api: kubernetes.client.ApiClient, team: str) -> None:
        self.team, self.namespace = team, teams.id_of(team)
        self._objects = kubernetes.client.CustomObjectsApi(api)

    def get(self, name: str) -> ModelService:
        """One by name.

        Raises:
            Problem: There is none; says which there are.
        """
        try:
            found: Any = self._objects.get_namespaced_custom_object(GROUP, VERSION, self.namespace, PLURAL, name)
            return _read(found)
        except ApiException as error:
            if error.status != 404:
                raise
        others: Any = self._objects.list_namespaced_custom_object(GROUP, VERSION, self.namespace, PLURAL)
        names = ", ".join(sorted(one["metadata"]["name"] for one in others["items"]))
        fix = f"its model services are: {names}" if names else "declare it under `models:` of its spec, then run mlp up"
        raise Problem(f"team {self.team} has no model service {name!r}", fix)

    def tell(self, name: str, package: Mapping[str, Any]) -> str:
        """Write the annotation that begins a rollout; its text."""
        text = json.dumps({**package, "at": datetime.now(UTC).isoformat(timespec="seconds")}, sort_keys=True)
        body = {"metadata": {"annotations": {PACKAGE: text}}}
        self._objects.patch_namespaced_custom_object(GROUP, VERSION, self.namespace, PLURAL, name, body)
        return text

    def follow(self, name: str, package: str) -> ModelService:
        """Show how a package is rolled out until it serves.

        Raises:
            Problem: It was rolled back or refused, with the reason; or nothing came of it in time.
        """
        shown, start = "", time.monotonic()
        service = self.get(name)
        canary = service.spec.get("canary") or {}
        patience = canary.get("startSeconds", 60) + canary.get("seconds", 60) + SLACK_SECONDS
        while True:
            if service.package and service.package != package:
                raise Problem(
                    f"{name} was told another package meanwhile", f"see: mlp model show {name} --team {self.team}"
                )
            if (line := stage(service)) != shown:
                console.say(f"  {name}: {line}")
                shown = line
            rolled, ready = service.condition("RolledOut"), service.condition("Ready")
            if service.seen and rolled.get("status") == "True":
                return service
            if service.seen and rolled.get("status") == "False" and rolled.get("reason") in FINAL:
                raise Problem(
                    f"{name}: the new version was rolled back: {rolled['reason']}: {rolled.get('message', '')}",
                    f"what served before still serves; see: mlp model show {name} --team {self.team}",
                )
            if service.seen and ready.get("reason") in REFUSED:
                raise Problem(f"{name}: {ready['reason']}: {ready.get('message', '')}", "correct what it says")
            if time.monotonic() - start > patience:
                raise Problem(
                    f"{name} isn't rolled out after {patience:.0f} s: {line}",
                    f"see: mlp model show {name} --team {self.team}",
                )
            time.sleep(POLL_SECONDS)
            service = self.get(name)


def stage(service: ModelService) -> str:
    """Where a rollout is, for people."""
    if not service.seen:
        return "waiting for the controller"
    rolled = service.condition("RolledOut")
    said = f"{rolled.get('reason', 'unknown')}: {rolled.get('message', '')}".rstrip(": ")
    ready = service.condition("Ready")
    if ready.get("status") == "False" and ready.get("reason") not in (rolled.get("reason"), "Starting"):
        said += f" ({ready.get('reason')}: {ready.get('message', '')})"
    return said


def previous(service: ModelService) -> dict[str, Any]:
    """The package that served before the one that serves.

    Raises:
        Problem: None is known.
    """
    now = (service.status.get("stable") or {}).get("image")
    for entry in service.status.get("history") or ():
        if entry.get("result") == "promoted" and entry.get("image") and entry["image"] != now:
            return {part: entry.get(part, "") for part in PARTS}
    raise Problem(
        f"{service.name} has no earlier version that served",
        "pack the version that you want: set the model's alias to it, then mlp model package",
    )


def _read(found: Mapping[str, Any]) -> ModelService:
    metadata = found["metadata"]
    package = (metadata.get("annotations") or {}).get(PACKAGE, "")
    return ModelService(metadata["name"], found.get("spec") or {}, found.get("status") or {}, package)


def rows(services: Iterable[ModelService]) -> list[tuple[str, ...]]:
    """For the table of `mlp model list`."""
    return [
        (
            one.name,
            one.condition("Ready").get("reason") or "Unknown",
            _version(one.status.get("stable")),
            _version(one.status.get("candidate")),
            str(one.status.get("replicas", 0)),
            str(one.status.get("inFlight", 0)),
            one.status.get("url") or "-",
        )
        for one in services
    ]


def _version(found: Mapping[str, Any] | None) -> str:
    return str((found or {}).get("version") or "-")


def details(service: ModelService) -> str:
    """What `mlp model show` prints."""
    stable = service.status.get("stable") or {}
    lines = [
        f"{service.name}: {service.condition('Ready').get('reason', 'Unknown')}, "
        f"{service.condition('Ready').get('message', '')}".rstrip(", "),
        f"  model:     {service.spec.get('model', '')}",
        f"  address:   {service.status.get('url') or '-'}",
        f"  serves:    {_served(stable)}",
        f"  tries:     {_served(service.status.get('candidate') or {})}",
        f"  pods:      {service.status.get('replicas', 0)}, requests in flight {service.status.get('inFlight', 0)}",
    ]
    if rolled := service.condition("RolledOut"):
        lines.append(f"  rollout:   {rolled.get('reason', '')}: {rolled.get('message', '')}")
    history = service.status.get("history") or ()
    if history:
        table = console.table(
            ("at", "version", "result", "reason", "requests", "errors", "p95", "before", "message"),
            [_decision(entry) for entry in history],
        )
        lines += ["", table]
    return "\n".join(lines)


def _served(found: Mapping[str, Any]) -> str:
    if not found:
        return "-"
    return f"version {found.get('version', '?')} of {found.get('model', '?')}, {found.get('image', '')}"


def _decision(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        str(entry.get("at", "")),
        str(entry.get("version", "")),
        str(entry.get("result", "")),
        str(entry.get("reason", "")),
        str(entry.get("requests", "")),
        str(entry.get("errors", "")),
        _seconds(entry.get("p95")),
        _seconds(entry.get("stableP95")),
        str(entry.get("message", "")),
    )


def _seconds(value: Any) -> str:
    return f"{value * 1000:.0f} ms" if isinstance(value, int | float) else ""
