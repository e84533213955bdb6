"""The feature registry of all teams: what features there are, who may see them. Fails closed (images/feast)."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.foundation.contract import Contract
from components.kubernetes import labels as label
from components.kubernetes import objects, pods, secrets, traffic
from components.kubernetes.pods import SecretKey
from components.platform.database_grant import DatabaseGrant, DatabaseGrantInputs
from components.platform.feature_registry_pod import COMPONENT, GRPC_PORT, NAME, PORT, container
from components.platform.spec import FeaturesSpec

ADMIN = "admin"
ADMIN_SECRET = "features-admin"  # noqa: S105 - the name of a Secret, not its value
KEYS_SECRET = "features-registry-keys"  # noqa: S105 - the same


@dataclass(frozen=True)
class FeatureRegistryInputs:
    """What the registry needs from others."""

    contract: Contract
    namespace: pulumi.Input[str]
    image: str
    tenancy_image: str
    """What gives it its database."""
    root_secret: pulumi.Output[str]


class FeatureRegistry(pulumi.ComponentResource):
    """Database, Secrets, Deployment, Service and network policy. People reach it by their team's feature server."""

    server: k8s.apps.v1.Deployment

    def __init__(
        self, name: str, spec: FeaturesSpec, inputs: FeatureRegistryInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:FeatureRegistry", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = label.labels(NAME, COMPONENT), label.selector(NAME, COMPONENT)

        def derived(purpose: str) -> pulumi.Output[str]:
            return secrets.derive(inputs.root_secret, NAME, purpose, spec.rotation)

        database = DatabaseGrant(
            f"{name}-database",
            NAME,
            DatabaseGrantInputs(inputs.contract, inputs.tenancy_image, derived("database"), spec.rotation),
            child,
        )
        admin = objects.secret(
            ADMIN_SECRET, labels, inputs.namespace, {"username": ADMIN, "password": derived(ADMIN)}, child
        )
        place = inputs.contract.database.place(NAME)
        keys = objects.secret(
            KEYS_SECRET,
            labels,
            inputs.namespace,
            {"database-url": pulumi.Output.concat(f"postgresql://{NAME}:", derived("database"), f"@{place}")},
            child,
        )
        hidden = {
            "DATABASE_URL": SecretKey(keys.metadata.name, "database-url"),
            "ADMIN_KEY": SecretKey(admin.metadata.name, "password"),
        }
        self.server = k8s.apps.v1.Deployment(
            f"{name}-registry",
            metadata=objects.metadata(NAME, labels, inputs.namespace),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=spec.replicas,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector),
                strategy=pods.one_more_first(),
                template=pods.template(
                    labels,
                    [container(spec, inputs.image, hidden)],
                    [pods.scratch("tmp", "64Mi")],
                    annotations={"mlplatform/rotation": str(spec.rotation)},
                    grace_seconds=10,
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[database]),
        )
        objects.service(NAME, labels, inputs.namespace, selector, PORT, child, {"grpc": GRPC_PORT})
        traffic.allow(
            NAME,
            f"{name}-traffic",
            inputs.namespace,
            selector,
            child,
            into=([traffic.platform_pods()], [traffic.tcp(PORT), traffic.tcp(GRPC_PORT)]),
            out=([], [traffic.tcp(inputs.contract.database.port)]),
        )
        self.register_outputs({"server": self.server.metadata.name})
