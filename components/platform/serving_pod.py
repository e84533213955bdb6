"""The pod of the serving controller (images/modelservice)."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_kubernetes as k8s

from components.foundation.contract import Contract
from components.kubernetes import pods
from components.kubernetes.labels import GROUP
from components.kubernetes.spec import Resources

NAME = "serving"
ACCOUNT = "serving"
PORT = 8080
"""Where requests come that no model pod can be given directly."""
METRICS_PORT = 9090
RESOURCES = Resources(cpu="50m", memory="256Mi")
"""33 MB with a few services; requests that wait or pass take some more."""
GRACE_SECONDS = 20
OWN = {"POD_IP": "status.podIP", "POD_NAME": "metadata.name", "POD_NAMESPACE": "metadata.namespace"}
"""What the pod is told of itself."""


def settings(contract: Contract) -> dict[str, str]:
    """Environment of the controller."""
    return {
        "GROUP": GROUP,
        "PROXY_PORT": str(PORT),
        "METRICS_PORT": str(METRICS_PORT),
        "BASE_DOMAIN": contract.ingress.base_domain,
        "SERVICE_URL": contract.ingress.address("{host}").replace(f"{{host}}.{contract.ingress.base_domain}", "{host}"),
        "REGISTRY": contract.image_registry,
        "HOME": pods.TMP,
    }


def template(labels: Mapping[str, str], image: str, plain: Mapping[str, str]) -> k8s.core.v1.PodTemplateSpecArgs:
    """One container that talks to the API server and to model pods."""
    own = [
        k8s.core.v1.EnvVarArgs(
            name=name,
            value_from=k8s.core.v1.EnvVarSourceArgs(field_ref=k8s.core.v1.ObjectFieldSelectorArgs(field_path=path)),
        )
        for name, path in OWN.items()
    ]
    container = k8s.core.v1.ContainerArgs(
        name=NAME,
        image=image,
        env=[*pods.environment(plain, {}), *own],
        ports=[
            k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT),
            k8s.core.v1.ContainerPortArgs(name="metrics", container_port=METRICS_PORT),
        ],
        resources=pods.resources(RESOURCES),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/healthz", period=1, failures=60, port="metrics"),
        readiness_probe=pods.http_probe("/healthz", period=5, failures=3, port="metrics"),
        liveness_probe=pods.http_probe("/healthz", period=20, failures=6, port="metrics"),
        volume_mounts=[pods.mount("tmp", pods.TMP)],
    )
    return pods.template(
        labels,
        [container],
        [pods.scratch("tmp", "64Mi")],
        annotations={f"{GROUP}/metrics-port": str(METRICS_PORT)},
        service_account=ACCOUNT,
        grace_seconds=GRACE_SECONDS,
    )
