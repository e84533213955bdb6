"""The team's part of the shared tools, which the tenancy controller makes: database, bucket, workspace, repository."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.team.names import TENANT_KEYS
from components.team.spec import TeamSpec

API_VERSION = f"{label.GROUP}/v1"
KIND = "Tenant"
ON_REMOVAL = {"keep": "Keep", "purge": "Purge"}
SECONDS = 180
"""What the shared tools have, all together; one that doesn't answer is tried again in the meantime."""


def wanted(spec: TeamSpec, database_template: str, check_url: str) -> dict[str, Any]:
    """`spec` of the Tenant."""
    return {
        "secretName": TENANT_KEYS,
        "rotation": spec.rotation,
        "database": {"template": database_template},
        "repository": {"checkUrl": check_url},
        **({"features": True} if spec.features is not None else {}),
        "onRemoval": ON_REMOVAL[spec.on_removal],
    }


def waits(spec: TeamSpec) -> dict[str, str]:
    """Waits until this rotation's passwords are in force everywhere, so that nothing starts with ones that aren't."""
    in_force = [f"jsonpath={{.status.rotation}}={spec.rotation}", "condition=Ready"]
    return {"pulumi.com/waitFor": json.dumps(in_force), "pulumi.com/timeoutSeconds": str(SECONDS)}


def tenant(
    spec: TeamSpec,
    namespace: pulumi.Input[str],
    database_template: str,
    check_url: str,
    opts: pulumi.ResourceOptions,
) -> k8s.apiextensions.CustomResource:
    """The Tenant. Its Secret and the controller's right to read it have to be there before, and until it is gone."""
    return k8s.apiextensions.CustomResource(
        "tenant",
        api_version=API_VERSION,
        kind=KIND,
        metadata=k8s.meta.v1.ObjectMetaArgs(
            name=spec.id,
            namespace=namespace,
            labels=label.labels(spec.id, "tenant"),
            annotations=waits(spec),
        ),
        spec=wanted(spec, database_template, check_url),
        opts=opts,
    )
