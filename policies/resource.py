"""A resource as rules see it: plain values, nothing of Pulumi."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KUBERNETES = "kubernetes:"


@dataclass(frozen=True)
class Resource:
    """One of a stack."""

    type: str
    """Pulumi's type, for example `kubernetes:apps/v1:Deployment`."""
    name: str
    """In Pulumi."""
    props: Mapping[str, Any] = field(default_factory=dict)
    """Inputs, as the API takes them. Reading one that isn't known yet raises pulumi_policy's UnknownValueError."""
    urn: str = ""

    @property
    def kind(self) -> str:
        """Of a Kubernetes object, such as Deployment; empty for anything else, patches and providers too."""
        if not self.type.startswith(KUBERNETES):
            return ""
        return self.type.rpartition(":")[2]

    @property
    def api_version(self) -> str:
        """Of a Kubernetes object, such as `apps/v1` or, of the core group, `core/v1`; empty for anything else."""
        parts = self.type.split(":")
        return parts[1] if self.kind and len(parts) == 3 else ""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Of a Kubernetes object."""
        return self.props.get("metadata") or {}

    @property
    def spec(self) -> Mapping[str, Any]:
        """Of a Kubernetes object."""
        return self.props.get("spec") or {}

    @property
    def namespace(self) -> str:
        """Where a Kubernetes object is; empty if it is the cluster's own, or says nothing."""
        return self.metadata.get("namespace") or ""

    @property
    def title(self) -> str:
        """What people call it: kind and name."""
        return f"{self.kind or self.type} {self.metadata.get('name') or self.name}"
