"""What policies are about, as far as they are: pods with addresses, labels of namespaces, and who a selector means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Labels = Mapping[str, str]
OVER = ("Succeeded", "Failed")
"""Phases of pods whose addresses others may have by now."""


@dataclass(frozen=True)
class Pod:
    """A pod in the pods' network."""

    namespace: str
    address: str
    """Empty while the API server doesn't know it."""
    labels: Labels
    ports: Mapping[tuple[str, str], int]
    """Numbers by name and protocol."""


@dataclass(frozen=True)
class Policy:
    """A NetworkPolicy."""

    namespace: str
    name: str
    spec: Mapping[str, Any]

    @property
    def directions(self) -> list[str]:
        """Ingress, Egress or both; where it doesn't say, what it has rules for counts, and Ingress anyway."""
        default = ["Ingress", "Egress"] if self.spec.get("egress") else ["Ingress"]
        return list(self.spec.get("policyTypes") or default)


def pod_of(item: Mapping[str, Any]) -> Pod | None:
    """A pod as the API server has it; None if it has no address of its own: no more, or the node's."""
    status, spec = item.get("status") or {}, item["spec"]
    if status.get("phase") in OVER or spec.get("hostNetwork"):
        return None
    containers = [*spec["containers"], *(spec.get("initContainers") or [])]
    named = [port for one in containers for port in one.get("ports") or [] if port.get("name")]
    return Pod(
        item["metadata"]["namespace"],
        status.get("podIP") or "",
        item["metadata"].get("labels") or {},
        {(port["name"], port.get("protocol", "TCP")): port["containerPort"] for port in named},
    )


def labels_of(item: Mapping[str, Any]) -> Labels:
    """The labels of an object."""
    return item["metadata"].get("labels") or {}


def policy_of(item: Mapping[str, Any]) -> Policy:
    """A policy as the API server has it."""
    return Policy(item["metadata"]["namespace"], item["metadata"]["name"], item["spec"])


def selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether a label selector means what has these labels. An empty one means everything.

    Raises:
        ValueError: It has an operator that Kubernetes doesn't know.
    """
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(name) != value for name, value in wanted.items()):
        return False
    return all(_meets(one, labels) for one in selector.get("matchExpressions") or [])


def _meets(expression: Mapping[str, Any], labels: Labels) -> bool:
    key, values = expression["key"], expression.get("values") or []
    match expression["operator"]:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case other:
            raise ValueError(f"selector with operator {other!r}")
