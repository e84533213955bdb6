"""The kind Tenant: what a team asks of the shared tools, and what it is told of them."""

from __future__ import annotations

from typing import Any

from components.kubernetes.labels import GROUP
from components.kubernetes.schemas import condition, fields, text

KIND = "Tenant"
PLURAL = "tenants"
VERSION = "v1"
NAME = f"{PLURAL}.{GROUP}"
CONDITIONS = ("Ready", "DatabaseReady", "ObjectStoreReady", "TrackingReady", "RepositoryReady", "FeaturesReady")


def spec_schema() -> dict[str, Any]:
    """Of what a team asks for."""
    return fields(
        "What the team is to have.",
        {
            "secretName": text(
                "Secret in the same namespace with the keys database-password, object-store-secret-key, "
                "tracking-password, repository-password, with a check check-key, and with features features-key.",
                minLength=1,
                maxLength=253,
            ),
            "rotation": {
                "type": "integer",
                "format": "int32",
                "minimum": 1,
                "description": "Raised whenever the Secret changes; status.rotation says which one is in force.",
            },
            "database": fields(
                "How its database is made.",
                {
                    "template": text(
                        "Database that it is copied from when it is made.", pattern="^airflow-[0-9a-f]{12}$"
                    )
                },
            ),
            "repository": fields(
                "What holds for its git repository.",
                {
                    "checkUrl": text(
                        "Who says whether a push is right: a Service in the same namespace, over http.",
                        pattern="^http://",
                        maxLength=512,
                    )
                },
            ),
            "features": {"type": "boolean", "description": "Whether it has a project in the feature registry."},
            "onRemoval": text(
                "Whether its data stays or goes when the Tenant is removed. Access ends in either case.",
                enum=["Keep", "Purge"],
                default="Keep",
            ),
        },
        "secretName",
        "rotation",
    )


def status_schema() -> dict[str, Any]:
    """Of what the controller says."""
    return fields(
        "What the team has.",
        {
            "rotation": {"type": "integer", "format": "int32", "description": "Whose passwords are in force."},
            "conditions": {
                "type": "array",
                "description": "All of it, and each tool.",
                "items": condition(CONDITIONS),
            },
        },
    )


def schema() -> dict[str, Any]:
    """Of the whole object: what it doesn't know isn't kept."""
    return fields(
        "A team's part of the shared tools: a database, a bucket, an MLflow workspace and a git repository.",
        {"spec": spec_schema(), "status": status_schema()},
        "spec",
    )


def columns() -> list[dict[str, Any]]:
    """What `kubectl get tenants` shows."""
    ready = ".status.conditions[?(@.type=='Ready')]"
    return [
        {"name": "Ready", "type": "string", "jsonPath": f"{ready}.status"},
        {"name": "Reason", "type": "string", "jsonPath": f"{ready}.reason"},
        {"name": "Rotation", "type": "integer", "jsonPath": ".status.rotation"},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        {"name": "Message", "type": "string", "jsonPath": f"{ready}.message", "priority": 1},
    ]
