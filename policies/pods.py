"""Pods in whatever makes them: workloads, and templates that lie in a ConfigMap, such as Airflow's of a task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from policies.resource import Resource

TEMPLATED = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job")
SUFFIXES = (".yaml", ".yml", ".json")
LISTS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True)
class Container:
    """One of a pod."""

    pod: Pod
    spec: Mapping[str, Any]
    list: str
    """The field that it is in: containers or another of `LISTS`."""

    @property
    def title(self) -> str:
        """How a message begins that is about it."""
        return f"{self.pod.title}: container {self.spec.get('name', '?')}"

    @property
    def security(self) -> Mapping[str, Any]:
        """Its own security context, without the pod's."""
        return self.spec.get("securityContext") or {}

    def secured(self, field: str) -> Any:
        """A field of the security context as it holds: the container's own, else the pod's."""
        own = self.security.get(field)
        return self.pod.security.get(field) if own is None else own


@dataclass(frozen=True)
class Pod:
    """What a pod is made of."""

    title: str
    """How a message begins that is about it."""
    spec: Mapping[str, Any]

    @property
    def security(self) -> Mapping[str, Any]:
        """Its security context."""
        return self.spec.get("securityContext") or {}

    @property
    def volumes(self) -> Sequence[Mapping[str, Any]]:
        """What its containers may mount."""
        return self.spec.get("volumes") or ()

    @property
    def containers(self) -> Iterator[Container]:
        """All of them, those that run first as well."""
        for name in LISTS:
            for found in self.spec.get(name) or ():
                yield Container(self, found, name)


def of(resource: Resource) -> Iterator[Pod]:
    """The pods that a resource is, or makes."""
    if resource.kind == "ConfigMap":
        yield from _in_files(resource)
    elif resource.kind:
        yield from _of(resource.kind, resource.spec, resource.title)


def containers(resource: Resource) -> Iterator[Container]:
    """All containers of the pods that a resource is, or makes."""
    for pod in of(resource):
        yield from pod.containers


def job(kind: str, spec: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Kind and spec of the Job that a CronJob makes; anything else as it is."""
    return ("Job", (spec.get("jobTemplate") or {}).get("spec") or {}) if kind == "CronJob" else (kind, spec)


def _of(kind: str, spec: Mapping[str, Any], title: str) -> Iterator[Pod]:
    kind, spec = job(kind, spec)
    if kind in TEMPLATED:
        kind, spec = "Pod", (spec.get("template") or {}).get("spec") or {}
    if kind == "Pod":
        yield Pod(title, spec)


def _in_files(resource: Resource) -> Iterator[Pod]:
    for file, text in (resource.props.get("data") or {}).items():
        if file.endswith(SUFFIXES) and "kind" in text and "containers" in text:
            for document in _documents(text):
                yield from _of(document["kind"], document.get("spec") or {}, f"{resource.title}, {file}")


@cache
def _documents(text: str) -> tuple[Mapping[str, Any], ...]:
    """The manifests in a file; read once for all rules, since a platform has hundreds of kilobytes of files."""
    try:
        # JSON is YAML as well, but a hundred times as fast to read.
        documents = [json.loads(text)] if text.lstrip().startswith("{") else list(yaml.safe_load_all(text))
    except (ValueError, yaml.YAMLError):
        return ()  # Not a manifest, whatever it is called.
    return tuple(one for one in documents if isinstance(one, Mapping) and isinstance(one.get("kind"), str))
