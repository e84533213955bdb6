"""An S3 gateway (versitygw) over one volume."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components import versions
from components.foundation.local.spec import ObjectStoreSpec
from components.kubernetes import labels as label
from components.kubernetes import metrics, objects, pods, statsd, traffic
from components.kubernetes.pods import SecretKey

NAME = "object-store"
PORT = 7070
ROOT = "root"
REGION = "us-east-1"


@dataclass(frozen=True)
class ObjectStoreInputs:
    """What the gateway needs from others."""

    namespace: pulumi.Input[str]
    image: str
    statsd_image: str
    """Of the sidecar that hands on its metrics."""
    storage_class: str
    secret_key: pulumi.Output[str]
    retain_data: bool


def settings() -> dict[str, str]:
    """How the gateway runs, besides what its image sets."""
    return {
        "VGW_PORT": f":{PORT}",
        "VGW_REGION": REGION,
        # Accounts are few, and a rotated key must work at once.
        "VGW_IAM_CACHE_DISABLE": "true",
        "VGW_METRICS_SERVICE_NAME": NAME,
        "VGW_METRICS_STATSD_SERVERS": f"127.0.0.1:{statsd.PORT}",
    }


class ObjectStore(pulumi.ComponentResource):
    """StatefulSet of one, its volume, Service, Secret and network policy."""

    secret_name: pulumi.Output[str]

    def __init__(
        self, name: str, spec: ObjectStoreSpec, inputs: ObjectStoreInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:foundation:ObjectStore", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = (
            label.labels(NAME, "object-store", versions.OBJECT_STORE),
            label.selector(NAME, "object-store"),
        )
        secret = objects.secret(
            f"{name}-admin",
            labels,
            inputs.namespace,
            {"username": ROOT, "password": inputs.secret_key},
            child,
        )
        volume = objects.claim(
            f"{name}-data",
            labels,
            inputs.namespace,
            inputs.storage_class,
            spec.storage,
            pulumi.ResourceOptions(parent=self, retain_on_delete=inputs.retain_data),
        )
        objects.service(name, labels, inputs.namespace, selector, PORT, child)
        traffic.allow(
            name,
            f"{name}-traffic",
            inputs.namespace,
            selector,
            child,
            into=([traffic.platform_pods()], [traffic.tcp(PORT), traffic.tcp(statsd.METRICS_PORT)]),
        )
        root = {
            "ROOT_ACCESS_KEY": SecretKey(secret.metadata.name, "username"),
            "ROOT_SECRET_KEY": SecretKey(secret.metadata.name, "password"),
        }
        container = k8s.core.v1.ContainerArgs(
            name=NAME,
            image=inputs.image,
            env=pods.environment(settings(), root),
            ports=[k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT)],
            resources=pods.resources(spec.resources),
            security_context=pods.container_security(),
            startup_probe=pods.http_probe("/health", period=1, failures=60),
            readiness_probe=pods.http_probe("/health", period=5, failures=3),
            liveness_probe=pods.http_probe("/health", period=20, failures=3),
            volume_mounts=[pods.mount("data", "/data"), pods.mount("tmp", pods.TMP)],
        )
        template = pods.template(
            labels,
            [container, statsd.container(inputs.statsd_image)],
            [pods.claimed("data", volume.metadata.name), pods.scratch("tmp", "256Mi")],
            annotations={"mlplatform/rotation": str(spec.rotation), **metrics.annotations(statsd.METRICS_PORT)},
        )
        objects.single_server(name, labels, inputs.namespace, selector, template, child)
        self.secret_name = secret.metadata.name
        self.register_outputs({"secret_name": self.secret_name})
