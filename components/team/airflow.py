"""The team's own Airflow: a pod of its servers, and a pod for each task that runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components import versions
from components.kubernetes import ingress, objects, statsd
from components.kubernetes import labels as label
from components.platform.contract import PlatformContract
from components.team import airflow_pod, pod_template
from components.team import airflow_settings as settings
from components.team.names import AIRFLOW
from components.team.spec import TeamSpec


@dataclass(frozen=True)
class AirflowInputs:
    """What it needs from others."""

    platform: PlatformContract
    namespace: pulumi.Input[str]
    image: str
    worker_image: str
    statsd_image: str
    notebook_images: Mapping[str, str]
    """Name -> by digest: what notebooks that are tasks run in; empty for one that nobody built here."""
    serving_image: str = ""
    """What tasks pack models on; empty where the team serves none."""
    features_image: str = ""
    """What works on features beside a task."""


class Airflow(pulumi.ComponentResource):
    """ConfigMap with the pod of a task, Deployment, Service and ingress route."""

    server: k8s.apps.v1.Deployment
    address: str

    def __init__(
        self, name: str, spec: TeamSpec, inputs: AirflowInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:team:Airflow", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels = label.labels(AIRFLOW, "pipelines", versions.AIRFLOW)
        selector = label.selector(AIRFLOW, "pipelines")
        environment = settings.tasks(spec, inputs.platform, inputs.serving_image)
        task = pod_template.text(
            pod_template.pod(
                spec.id,
                inputs.worker_image,
                spec.airflow.worker,
                environment,
                token=bool(inputs.serving_image),
                features=spec.features is not None,
            )
        )
        config = k8s.core.v1.ConfigMap(
            f"{name}-config",
            metadata=objects.metadata(f"{name}-config", labels, inputs.namespace),
            data={settings.POD_TEMPLATE: task},
            opts=child,
        )
        containers = [
            airflow_pod.servers(
                spec.airflow,
                inputs.image,
                settings.servers(spec, inputs.platform, inputs.notebook_images, inputs.features_image),
            ),
            statsd.container(inputs.statsd_image),
        ]
        self.server = k8s.apps.v1.Deployment(
            f"{name}-servers",
            metadata=objects.metadata(name, labels, inputs.namespace),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=1,
                # Never two at once: the quota has room for one, and the old one's passwords are refused anyway.
                strategy=k8s.apps.v1.DeploymentStrategyArgs(type="Recreate"),
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector),
                template=airflow_pod.template(
                    labels, containers, config.metadata.name, rotation=spec.rotation, config=task
                ),
            ),
            opts=child,
        )
        # A part that is restarted mustn't hide the others: tasks report to the api-server all the time.
        service = objects.service(
            name,
            labels,
            inputs.namespace,
            selector,
            settings.PORT,
            child,
            airflow_pod.MORE_PORTS,
            airflow_pod.UDP_PORTS,
            always=True,
        )
        entry = inputs.platform.foundation.ingress
        host = settings.host(spec)
        ingress.route(name, labels, inputs.namespace, entry.class_name, entry.host(host), service, child)
        self.address = entry.address(host)
        self.register_outputs({"address": self.address})
