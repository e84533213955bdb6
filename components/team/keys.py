"""The team's Secrets: all derived from its stack's root secret, all changed by its rotation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.kubernetes import objects, secrets
from components.platform.contract import PlatformContract
from components.team.names import AIRFLOW_KEYS, TENANT_KEYS, WORKER_KEYS
from components.team.spec import TeamSpec

ADMIN = "admin"
KEPT = 5
"""So many rotations may be skipped."""
Derive = Callable[[str], pulumi.Output[str]]


@dataclass(frozen=True)
class KeysInputs:
    """What the Secrets are made of."""

    platform: PlatformContract
    namespace: pulumi.Input[str]
    root_secret: pulumi.Output[str]


def derived(root: pulumi.Output[str], spec: TeamSpec, rotation: int) -> Derive:
    """The team's secrets by their purpose."""
    return lambda purpose: secrets.derive(root, spec.id, purpose, rotation)


def earlier(rotation: int) -> list[int]:
    """The rotations before, the latest first: who raised it by more than one still finds what was encrypted then."""
    return list(range(rotation - 1, max(rotation - 1 - KEPT, -1), -1))


def tenant_keys(now: Derive, *, features: bool = False) -> dict[str, pulumi.Input[str]]:
    """What the tenancy controller gives the shared tools."""
    return {
        "database-password": now("database"),
        "object-store-secret-key": now("object-store"),
        "tracking-password": now("tracking"),
        "repository-password": now("repository"),
        "check-key": now("check"),
        **({"features-key": now("features")} if features else {}),
    }


def airflow_keys(
    spec: TeamSpec, platform: PlatformContract, now: Derive, before: Sequence[Derive]
) -> dict[str, pulumi.Input[str]]:
    """What Airflow's servers sign, sign in and encrypt with. Keys before open what is still encrypted with them."""
    server = platform.foundation.database
    return {
        "sql-alchemy-conn": pulumi.Output.concat(
            f"postgresql+psycopg2://{spec.id}:", now("database"), f"@{server.place(spec.id)}"
        ),
        "fernet-key": fernet(now),
        "fernet-key-before": pulumi.Output.all(*map(fernet, before)).apply(",".join),
        # Signatures with SHA-512 ask for as many bits.
        "jwt-secret": pulumi.Output.concat(now("jwt"), now("jwt-rest")),
        "api-secret-key": now("api"),
        "admin-username": ADMIN,
        "admin-password": now("admin"),
        "repository-username": spec.id,
        "repository-password": now("repository"),
        "check-key": now("check"),
        "access-key": spec.id,
        "secret-key": now("object-store"),
    }


def fernet(derive: Derive) -> pulumi.Output[str]:
    """A key as Fernet takes it: 256 bits with the padding that derived texts leave away."""
    return pulumi.Output.concat(derive("fernet"), "=")


def worker_keys(spec: TeamSpec, platform: PlatformContract, now: Derive) -> dict[str, pulumi.Input[str]]:
    """The environment of each task: MLflow's and S3's own variables, so that their clients work as they are."""
    store = platform.foundation.object_store
    return {
        "MLFLOW_TRACKING_URI": platform.tracking_uri,
        "MLFLOW_TRACKING_USERNAME": spec.id,
        "MLFLOW_TRACKING_PASSWORD": now("tracking"),
        "MLFLOW_WORKSPACE": spec.id,
        "AWS_ACCESS_KEY_ID": spec.id,
        "AWS_SECRET_ACCESS_KEY": now("object-store"),
        "AWS_ENDPOINT_URL_S3": store.endpoint,
        "AWS_DEFAULT_REGION": store.region,
        "TEAM_BUCKET": spec.id,
        "GIT_USERNAME": spec.id,
        "GIT_PASSWORD": now("repository"),
    }


class Keys(pulumi.ComponentResource):
    """The three Secrets of a team, by who reads them."""

    tenant: k8s.core.v1.Secret
    airflow: k8s.core.v1.Secret
    worker: k8s.core.v1.Secret

    def __init__(
        self, name: str, spec: TeamSpec, inputs: KeysInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:team:Keys", name, None, opts)
        now = derived(inputs.root_secret, spec, spec.rotation)
        before = [derived(inputs.root_secret, spec, rotation) for rotation in earlier(spec.rotation)]

        def made(secret: str, data: Mapping[str, pulumi.Input[str]]) -> k8s.core.v1.Secret:
            child = pulumi.ResourceOptions(parent=self)
            return objects.secret(secret, label.labels(secret, "keys"), inputs.namespace, data, child)

        self.tenant = made(TENANT_KEYS, tenant_keys(now, features=spec.features is not None))
        self.airflow = made(AIRFLOW_KEYS, airflow_keys(spec, inputs.platform, now, before))
        self.worker = made(WORKER_KEYS, worker_keys(spec, inputs.platform, now))
        self.register_outputs({})
