"""The MLflow server: tracking and model registry, workspaces apart from each other, every request signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components import versions
from components.foundation.contract import Contract
from components.kubernetes import ingress, metrics, objects, pods, secrets, traffic
from components.kubernetes import labels as label
from components.kubernetes.pods import SecretKey
from components.platform import mlflow_pod
from components.platform.bucket_grant import BucketGrant, BucketGrantInputs
from components.platform.database_grant import DatabaseGrant, DatabaseGrantInputs
from components.platform.mlflow_pod import ADMIN, NAME, PORT
from components.platform.spec import MlflowSpec

ADMIN_SECRET = "mlflow-admin"  # noqa: S105 - the name of a Secret, not its value


@dataclass(frozen=True)
class MlflowInputs:
    """What the server needs from others."""

    contract: Contract
    namespace: pulumi.Input[str]
    namespace_name: str
    """The same name, known before the namespace is made."""
    image: str
    tenancy_image: str
    """What gives the server its database and bucket."""
    root_secret: pulumi.Output[str]


class Mlflow(pulumi.ComponentResource):
    """Database, bucket, Secrets, Deployment, Service, ingress route and network policies."""

    server: k8s.apps.v1.Deployment
    service: k8s.core.v1.Service
    address: str

    def __init__(
        self, name: str, spec: MlflowSpec, inputs: MlflowInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:Mlflow", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = label.labels(NAME, "tracking", versions.MLFLOW), label.selector(NAME, "tracking")

        def derived(purpose: str) -> pulumi.Output[str]:
            return secrets.derive(inputs.root_secret, NAME, purpose, spec.rotation)

        database = DatabaseGrant(
            f"{name}-database",
            NAME,
            DatabaseGrantInputs(inputs.contract, inputs.tenancy_image, derived("database"), spec.rotation),
            child,
        )
        bucket = BucketGrant(
            f"{name}-bucket",
            NAME,
            BucketGrantInputs(inputs.contract, inputs.tenancy_image, derived("bucket"), spec.rotation),
            child,
        )
        admin = objects.secret(
            ADMIN_SECRET, labels, inputs.namespace, {"username": ADMIN, "password": derived("admin")}, child
        )
        keys = objects.secret(
            f"{name}-keys",
            labels,
            inputs.namespace,
            {
                "database-password": derived("database"),
                "access-key": NAME,
                "secret-key": derived("bucket"),
                "session-key": derived("session"),
            },
            child,
        )
        hidden = {
            "PGPASSWORD": SecretKey(keys.metadata.name, "database-password"),
            "AWS_ACCESS_KEY_ID": SecretKey(keys.metadata.name, "access-key"),
            "AWS_SECRET_ACCESS_KEY": SecretKey(keys.metadata.name, "secret-key"),
            "MLFLOW_FLASK_SERVER_SECRET_KEY": SecretKey(keys.metadata.name, "session-key"),
            "MLFLOW_AUTH_ADMIN_PASSWORD": SecretKey(admin.metadata.name, "password"),
        }
        plain = mlflow_pod.settings(inputs.contract, inputs.namespace_name, database.uri, bucket.uri)
        self.server = k8s.apps.v1.Deployment(
            f"{name}-server",
            metadata=objects.metadata(name, labels, inputs.namespace),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=spec.replicas,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector),
                strategy=pods.one_more_first(),
                template=pods.template(
                    labels,
                    [mlflow_pod.server(spec, inputs.image, plain, hidden)],
                    [pods.scratch("tmp", "2Gi")],
                    annotations={
                        "mlplatform/rotation": str(spec.rotation),
                        **metrics.annotations(mlflow_pod.METRICS_PORT),
                    },
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[database, bucket]),
        )
        self.service = objects.service(name, labels, inputs.namespace, selector, PORT, child)
        self.address = inputs.contract.ingress.address(NAME)
        ingress.route(
            name,
            labels,
            inputs.namespace,
            inputs.contract.ingress.class_name,
            inputs.contract.ingress.host(NAME),
            self.service,
            child,
        )
        _traffic(name, selector, inputs, child)
        self.register_outputs({"address": self.address})


def _traffic(
    name: str, selector: Mapping[str, str], inputs: MlflowInputs, opts: pulumi.ResourceOptions
) -> k8s.networking.v1.NetworkPolicy:
    contract = inputs.contract
    return traffic.allow(
        name,
        f"{name}-traffic",
        inputs.namespace,
        selector,
        opts,
        into=(
            [traffic.platform_pods(), *traffic.addresses(contract.ingress.source_ranges)],
            [traffic.tcp(PORT)],
        ),
        out=([], [traffic.tcp(contract.database.port), traffic.tcp(traffic.port_of(contract.object_store.endpoint))]),
    )
