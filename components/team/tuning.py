"""A team's sweeps: what their Jobs are made of, and Optuna's dashboard where it is wanted."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import ingress, objects, pods, traffic
from components.kubernetes import labels as label
from components.kubernetes.pods import SecretKey
from components.platform.contract import PlatformContract
from components.team import tuning_pod
from components.team.keys import derived
from components.team.names import JOB_FILE, TUNER, TUNING, TUNING_KEYS
from components.team.spec import TeamSpec
from components.team.tuning_spec import DASHBOARD

PORT = 8080
COMPONENT = "tuning"


@dataclass(frozen=True)
class TuningInputs:
    """What it needs from others."""

    platform: PlatformContract
    namespace: pulumi.Input[str]
    root_secret: pulumi.Output[str]
    image: str


def tuning_keys(spec: TeamSpec, platform: PlatformContract, root: pulumi.Output[str]) -> dict[str, pulumi.Input[str]]:
    """Where trials are kept, as SQLAlchemy takes it, and who may look at them."""
    now = derived(root, spec, spec.rotation)
    place = platform.foundation.database.place(spec.id)
    return {
        "storage-url": pulumi.Output.concat(f"postgresql+psycopg2://{spec.id}:", now("database"), f"@{place}"),
        "dashboard-username": spec.id,
        "dashboard-password": now("tuning-dashboard"),
    }


class Tuning(pulumi.ComponentResource):
    """Secret tuning-keys, service account, ConfigMap with the Job of a sweep, and the dashboard."""

    address: str | None
    """Of the dashboard."""

    def __init__(
        self, name: str, spec: TeamSpec, inputs: TuningInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:team:Tuning", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels = label.labels(TUNING, COMPONENT)
        k8s.core.v1.ServiceAccount(
            f"{TUNER}-account",
            metadata=objects.metadata(TUNER, label.labels(TUNER, "account"), inputs.namespace),
            automount_service_account_token=False,
            opts=child,
        )
        keys = objects.secret(
            TUNING_KEYS,
            label.labels(TUNING_KEYS, "keys"),
            inputs.namespace,
            tuning_keys(spec, inputs.platform, inputs.root_secret),
            child,
        )
        job = tuning_pod.text(tuning_pod.job(spec.id, inputs.image, spec.tuning.worker))
        k8s.core.v1.ConfigMap(
            f"{name}-job",
            metadata=objects.metadata(TUNING, labels, inputs.namespace),
            data={JOB_FILE: job},
            opts=child,
        )
        self.address = None
        if spec.tuning.dashboard:
            self._dashboard(name, spec, inputs, keys.metadata.name)
        self.register_outputs({"address": self.address})

    def _dashboard(self, name: str, spec: TeamSpec, inputs: TuningInputs, secret: pulumi.Input[str]) -> None:
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = label.labels(TUNING, COMPONENT), label.selector(TUNING, COMPONENT)
        hidden = {
            "STORAGE_URL": SecretKey(secret, "storage-url"),
            "DASHBOARD_USER": SecretKey(secret, "dashboard-username"),
            "DASHBOARD_PASSWORD": SecretKey(secret, "dashboard-password"),
        }
        container = k8s.core.v1.ContainerArgs(
            name="dashboard",
            image=inputs.image,
            args=["dashboard"],
            env=pods.environment({}, hidden),
            ports=[k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT)],
            resources=pods.resources(DASHBOARD),
            security_context=pods.container_security(),
            startup_probe=pods.http_probe("/healthz", period=1, failures=90),
            readiness_probe=pods.http_probe("/healthz", period=10, failures=3),
            liveness_probe=pods.http_probe("/healthz", period=20, failures=6),
            volume_mounts=[pods.mount("tmp", pods.TMP)],
        )
        k8s.apps.v1.Deployment(
            f"{name}-dashboard",
            metadata=objects.metadata(TUNING, labels, inputs.namespace),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=1,
                strategy=k8s.apps.v1.DeploymentStrategyArgs(type="Recreate"),
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector),
                template=pods.template(
                    labels,
                    [container],
                    [pods.scratch("tmp", "64Mi")],
                    annotations={"mlplatform/rotation": str(spec.rotation)},
                ),
            ),
            opts=child,
        )
        service = objects.service(TUNING, labels, inputs.namespace, selector, PORT, child)
        foundation = inputs.platform.foundation
        entry = foundation.ingress
        traffic.allow(
            TUNING,
            f"{TUNING}-traffic",
            inputs.namespace,
            selector,
            child,
            into=(traffic.addresses(entry.source_ranges), [traffic.tcp(PORT)]),
            out=([], [traffic.tcp(foundation.database.port)]),
        )
        host = f"{TUNING}-{spec.name}"
        ingress.route(TUNING, labels, inputs.namespace, entry.class_name, entry.host(host), service, child)
        self.address = entry.address(host)
