"""The pod of the tenancy controller, and how its image is run in Jobs (images/tenancy)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi_kubernetes as k8s

from components.foundation.contract import Contract, SecretReference
from components.kubernetes import pods
from components.kubernetes.labels import GROUP
from components.kubernetes.spec import Resources

NAME = "tenancy"
PORT = 8080
"""Where it says whether it lives."""
ACCOUNT = "tenancy"
RESOURCES = Resources(cpu="20m", memory="192Mi")
"""About 50 MB at rest, 80 once it has purged a bucket; five at once take some more."""


def command(what: Literal["database", "monitor", "object-store", "tracking", "controller"]) -> list[str]:
    """What a container of the image runs."""
    return ["python", "-m", "tenancy", what]


@dataclass(frozen=True)
class Tools:
    """What the controller looks after, and whose keys it needs for that."""

    contract: Contract
    """Of the database server and the object store."""
    store_admin: SecretReference
    tracking_uri: str
    tracking_admin: SecretReference
    repositories_uri: str
    repositories_admin: SecretReference
    features_uri: str
    features_admin: SecretReference

    @property
    def secrets(self) -> tuple[SecretReference, ...]:
        """All that it reads."""
        own = (self.tracking_admin, self.repositories_admin, self.features_admin)
        return (self.contract.database.admin, self.store_admin, *own)


def settings(tools: Tools) -> dict[str, str]:
    """Environment of the controller: where the tools are, and where their admins' Secrets are.

    It reads the Secrets itself, at each use: what was rotated counts at once, and no pod has to start anew.
    """
    database, store = tools.contract.database, tools.contract.object_store
    return {
        "GROUP": GROUP,
        "DATABASE_HOST": database.host,
        "DATABASE_PORT": str(database.port),
        "DATABASE_TLS": "true" if database.tls else "false",
        "DATABASE_ADMIN": place(database.admin),
        "OBJECT_STORE_ENDPOINT": store.endpoint,
        "OBJECT_STORE_REGION": store.region,
        "OBJECT_STORE_ADMIN": place(tools.store_admin),
        "TRACKING_URI": tools.tracking_uri,
        "TRACKING_ADMIN": place(tools.tracking_admin),
        "REPOSITORIES_URI": tools.repositories_uri,
        "REPOSITORIES_ADMIN": place(tools.repositories_admin),
        "FEATURES_URI": tools.features_uri,
        "FEATURES_ADMIN": place(tools.features_admin),
        "HOME": pods.TMP,
    }


def place(secret: SecretReference) -> str:
    """Where a Secret is and what its keys are called, as the image takes it."""
    return f"{secret.namespace}/{secret.name}:{secret.user_key}:{secret.password_key}"


def template(labels: Mapping[str, str], image: str, plain: Mapping[str, str]) -> k8s.core.v1.PodTemplateSpecArgs:
    """One container that talks to the API server and to the tools."""
    container = k8s.core.v1.ContainerArgs(
        name=NAME,
        image=image,
        args=["controller"],
        env=pods.environment(plain, {}),
        ports=[k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT)],
        resources=pods.resources(RESOURCES),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/healthz", period=1, failures=60),
        readiness_probe=pods.http_probe("/healthz", period=5, failures=3),
        liveness_probe=pods.http_probe("/healthz", period=20, failures=3),
        volume_mounts=[pods.mount("tmp", pods.TMP)],
    )
    return pods.template(labels, [container], [pods.scratch("tmp", "64Mi")], service_account=ACCOUNT, grace_seconds=10)
