"""A team's feature store: what its pods find it by, and the server that answers with online values."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import ingress, metrics, objects, pods, traffic
from components.kubernetes import labels as label
from components.kubernetes.pods import SecretKey
from components.platform.contract import PlatformContract
from components.team import feature_settings as settings
from components.team.feature_spec import FeatureStoreSpec
from components.team.keys import Derive
from components.team.names import FEATURE_DATABASE, FEATURE_KEYS, FEATURE_STORE, FEATURES
from components.team.spec import TeamSpec

PORT = 8080
METRICS_PORT = 9090
COMPONENT = "server"


@dataclass(frozen=True)
class FeatureStoreInputs:
    """What it needs from others."""

    platform: PlatformContract
    namespace: pulumi.Input[str]
    now: Derive
    """Secrets of this rotation."""
    image: str


class FeatureStore(pulumi.ComponentResource):
    """ConfigMap feature-store, Secrets feature-keys and feature-database, the feature server and its route."""

    address: str

    def __init__(
        self,
        name: str,
        spec: TeamSpec,
        features: FeatureStoreSpec,
        inputs: FeatureStoreInputs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("mlplatform:team:FeatureStore", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = label.labels(FEATURES, COMPONENT), label.selector(FEATURES, COMPONENT)
        k8s.core.v1.ConfigMap(
            f"{name}-config",
            metadata=objects.metadata(FEATURE_STORE, label.labels(FEATURE_STORE, "config"), inputs.namespace),
            data=settings.files(spec, features, inputs.platform, inputs.image),
            opts=child,
        )
        keys = objects.secret(
            FEATURE_KEYS,
            label.labels(FEATURE_KEYS, "keys"),
            inputs.namespace,
            settings.keys(spec, inputs.now),
            child,
        )
        database = objects.secret(
            FEATURE_DATABASE,
            label.labels(FEATURE_DATABASE, "keys"),
            inputs.namespace,
            settings.database(spec, inputs.platform, inputs.now),
            child,
        )
        hidden = {
            "FEATURES_KEY": SecretKey(keys.metadata.name, "FEATURES_KEY"),
            "DATABASE_URL": SecretKey(database.metadata.name, "DATABASE_URL"),
        }
        k8s.apps.v1.Deployment(
            f"{name}-server",
            metadata=objects.metadata(FEATURES, labels, inputs.namespace),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=1,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector),
                # A new one answers before the old one goes, as far as the quota has room for both.
                strategy=pods.one_more_first(),
                template=pods.template(
                    labels,
                    [_container(spec, features, inputs, hidden)],
                    [pods.scratch("tmp", "64Mi")],
                    annotations={
                        "mlplatform/rotation": str(spec.rotation),
                        **metrics.annotations(METRICS_PORT),
                    },
                    grace_seconds=10,
                ),
            ),
            opts=child,
        )
        service = _service(labels, selector, inputs.namespace, child)
        entry = inputs.platform.foundation.ingress
        host = f"{FEATURES}-{spec.name}"
        ingress.route(FEATURES, labels, inputs.namespace, entry.class_name, entry.host(host), service, child)
        _traffic(inputs, selector, child)
        self.address = entry.address(host)
        self.register_outputs({"address": self.address})


def _container(
    spec: TeamSpec, features: FeatureStoreSpec, inputs: FeatureStoreInputs, hidden: dict[str, SecretKey]
) -> k8s.core.v1.ContainerArgs:
    plain = {
        "TEAM": settings.project(spec),
        "FEATURES_REGISTRY": inputs.platform.features.uri,
        "STALE_AFTER": str(features.stale_after_hours * 3600),
    }
    return k8s.core.v1.ContainerArgs(
        name=COMPONENT,
        image=inputs.image,
        args=["serve"],
        env=pods.environment(plain, hidden),
        ports=[
            k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT),
            k8s.core.v1.ContainerPortArgs(name="metrics", container_port=METRICS_PORT),
        ],
        resources=pods.resources(features.server),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/health", period=1, failures=90),
        readiness_probe=pods.http_probe("/health", period=5, failures=3),
        # A registry or database that is away doesn't come back by a restart of its client.
        liveness_probe=pods.http_probe("/metrics", period=20, failures=6, port="metrics"),
        volume_mounts=[pods.mount("tmp", pods.TMP)],
    )


def _service(
    labels: dict[str, str], selector: dict[str, str], namespace: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> k8s.core.v1.Service:
    """On the port that an address without one means."""
    return k8s.core.v1.Service(
        FEATURES,
        metadata=objects.metadata(FEATURES, labels, namespace),
        spec=k8s.core.v1.ServiceSpecArgs(
            type="ClusterIP",
            selector=selector,
            ports=[
                k8s.core.v1.ServicePortArgs(name="main", port=settings.SERVICE_PORT, target_port="main", protocol="TCP")
            ],
        ),
        opts=opts,
    )


def _traffic(inputs: FeatureStoreInputs, selector: dict[str, str], opts: pulumi.ResourceOptions) -> None:
    """Asked by people and by pods of any team, whom it tells apart by their keys; all pods of the team may ask."""
    platform = inputs.platform
    people = traffic.addresses(platform.foundation.ingress.source_ranges)
    registry = [traffic.tcp(traffic.port_of(platform.features.uri))]
    traffic.allow(
        FEATURES,
        f"{FEATURES}-traffic",
        inputs.namespace,
        selector,
        opts,
        into=([traffic.platform_pods(), *people], [traffic.tcp(PORT)]),
        out=([], [traffic.tcp(platform.foundation.database.port), *registry]),
    )
    metrics_from = ([traffic.pods_of(platform.namespace)], [traffic.tcp(METRICS_PORT)])
    name = f"{FEATURES}-metrics"
    traffic.allow(name, f"{name}-traffic", inputs.namespace, selector, opts, into=metrics_from)
    grpc = int(platform.features.grpc.rpartition(":")[2])
    traffic.allow(
        "features-clients",
        "features-clients-traffic",
        inputs.namespace,
        {},
        opts,
        out=([traffic.platform_pods()], [traffic.tcp(PORT), traffic.tcp(settings.SERVICE_PORT), traffic.tcp(grpc)]),
    )
