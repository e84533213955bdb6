"""The kind NotebookTeam: a team's part of the hub. The hub follows these; a team is who its namespace says."""

from __future__ import annotations

from typing import Any

from components.kubernetes.labels import GROUP
from components.kubernetes.schemas import fields, text

KIND = "NotebookTeam"
PLURAL = "notebookteams"
VERSION = "v1"
NAME = f"{PLURAL}.{GROUP}"
QUANTITY = {"maxLength": 32, "pattern": r"^[0-9]+(\.[0-9]+)?[A-Za-z]{0,2}$"}


def _list(description: str, items: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "description": description, "items": items, "maxItems": most}


def profile_schema() -> dict[str, Any]:
    """Of a size to choose."""
    toleration = {
        name: text(f"As Kubernetes' {name}.", maxLength=253) for name in ("key", "operator", "value", "effect")
    }
    return fields(
        "A size to choose.",
        {
            "name": text("What programs call it.", minLength=1, maxLength=63),
            "title": text("What people read.", minLength=1, maxLength=60),
            "image": text("What runs, by digest.", minLength=1, maxLength=512),
            "cpu": text("Processor.", **QUANTITY),
            "memory": text("Memory.", **QUANTITY),
            "gpu": {"type": "integer", "minimum": 0, "maximum": 16, "description": "GPUs."},
            "nodeSelector": {
                "type": "object",
                "description": "Labels of the nodes that it runs on.",
                "additionalProperties": {"type": "string"},
            },
            "tolerations": _list("Taints that it bears.", fields("One.", toleration), 20),
        },
        "name",
        "title",
        "image",
        "cpu",
        "memory",
    )


def spec_schema() -> dict[str, Any]:
    """Of what a team gives its people."""
    name = text("A name.", minLength=1, maxLength=253)
    variable = fields(
        "One.", {"name": text("Its name.", minLength=1, maxLength=128), "value": text("Its value.", maxLength=2048)}
    )
    file = fields(
        "One.",
        {"folder": text("Where it is mounted.", pattern="^/etc/", maxLength=253), "configMap": name},
        "folder",
        "configMap",
    )
    return fields(
        "Who may have a notebook in this namespace, and what is in it.",
        {
            "people": _list("Names that they sign in with.", text("One.", maxLength=30), 1000),
            "profiles": {**_list("Sizes to choose.", profile_schema(), 20), "minItems": 1},
            "home": text("Size of a person's own volume.", **QUANTITY),
            "storageClass": text("Class of that volume.", minLength=1, maxLength=253),
            "sharedClaim": text("Claim of the volume that all share.", minLength=1, maxLength=253),
            "serviceAccount": text("Whose token notebooks get.", minLength=1, maxLength=253),
            "environment": _list("Variables that aren't secret.", variable, 100),
            "secrets": _list("Secrets that are environment.", name, 10),
            "optionalSecrets": _list("The same, where they are there.", name, 10),
            "files": _list("ConfigMaps that are mounted, where they are there.", file, 10),
        },
        "people",
        "profiles",
        "home",
        "storageClass",
        "sharedClaim",
        "serviceAccount",
    )


def schema() -> dict[str, Any]:
    """Of the whole object: what it doesn't know isn't kept."""
    status = {"type": "object", "description": "Nothing yet."}
    return fields("A team's part of the hub.", {"spec": spec_schema(), "status": status}, "spec")


def columns() -> list[dict[str, Any]]:
    """What `kubectl get notebookteams` shows."""
    return [
        {"name": "People", "type": "string", "jsonPath": ".spec.people"},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ]
