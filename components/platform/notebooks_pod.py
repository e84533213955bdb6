"""The pod of the hub (images/jupyterhub): the hub itself, and the proxy that everything of people goes through."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_kubernetes as k8s

from components.foundation.contract import Contract
from components.kubernetes import metrics, pods
from components.kubernetes.labels import GROUP
from components.kubernetes.pods import SecretKey
from components.kubernetes.spec import Resources
from components.platform.notebooks_spec import NotebooksSpec

NAME = "hub"
"""Deployment, Service, Ingress, service account, database and role."""
TOOL = "notebooks"
"""What people call it: host and credentials."""
ACCOUNT = "hub"
PEOPLE = "hub-people"
"""Secret with one key a person: the password."""
PORT = 8000
"""Of the proxy."""
API_PORT = 8081
"""Of the hub, which notebooks ask."""
METRICS_PORT = 9090
HEALTH_PORT = 8098
"""Of the proxy's own health."""
NOTEBOOK_PORT = 8888
PROXY = Resources(cpu="10m", memory="128Mi")
"""Of the proxy: 15 MB of its own, and its program, which is read as it is needed."""
RUN = "/run/hub"
GRACE_SECONDS = 15


def settings(spec: NotebooksSpec, contract: Contract, namespace: str, database_uri: str) -> dict[str, str]:
    """Environment of the hub; its keys come from a Secret."""
    return {
        "GROUP": GROUP,
        "POD_NAMESPACE": namespace,
        "PEOPLE_FROM": PEOPLE,
        "PUBLIC_URL": contract.ingress.address(TOOL),
        "HUB_URL": f"http://{NAME}.{namespace}:{API_PORT}",
        "DATABASE_URI": database_uri,
        "IDLE_SECONDS": str(60 * spec.idle_minutes),
        "METRICS_PORT": str(METRICS_PORT),
        # Who may say for whom it asks, and by which scheme: the ingress controller.
        "TRUSTED": ",".join(contract.ingress.source_ranges),
        "HOME": pods.TMP,
        # One heap for all threads: many small ones hold on to what others have freed.
        "MALLOC_ARENA_MAX": "1",
    }


def template(
    labels: Mapping[str, str],
    image: str,
    spec: NotebooksSpec,
    plain: Mapping[str, str],
    hidden: Mapping[str, SecretKey],
) -> k8s.core.v1.PodTemplateSpecArgs:
    """Two containers that share the routes; the proxy's own API is inside of the pod alone."""
    hub = k8s.core.v1.ContainerArgs(
        name=NAME,
        image=image,
        args=["hub"],
        env=pods.environment(plain, hidden),
        ports=[
            k8s.core.v1.ContainerPortArgs(name="api", container_port=API_PORT),
            k8s.core.v1.ContainerPortArgs(name="metrics", container_port=METRICS_PORT),
        ],
        resources=pods.resources(spec.resources),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/hub/health", period=1, failures=180, port="api"),
        readiness_probe=pods.http_probe("/hub/health", period=5, failures=3, port="api"),
        liveness_probe=pods.http_probe("/hub/health", period=20, failures=6, port="api"),
        volume_mounts=[pods.mount("tmp", pods.TMP), pods.mount("run", RUN)],
    )
    proxy = k8s.core.v1.ContainerArgs(
        name="proxy",
        image=image,
        args=["proxy"],
        env=pods.environment({"TRUSTED": plain["TRUSTED"], "HOME": pods.TMP}, {}),
        ports=[
            k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT),
            k8s.core.v1.ContainerPortArgs(name="health", container_port=HEALTH_PORT),
        ],
        resources=pods.resources(PROXY),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/ping", period=1, failures=60, port="health"),
        readiness_probe=pods.http_probe("/ping", period=5, failures=3, port="health"),
        liveness_probe=pods.http_probe("/ping", period=20, failures=6, port="health"),
        volume_mounts=[pods.mount("tmp", pods.TMP), pods.mount("run", RUN)],
    )
    return pods.template(
        labels,
        [hub, proxy],
        [pods.scratch("tmp", "64Mi"), pods.scratch("run", "16Mi")],
        annotations={"mlplatform/rotation": str(spec.rotation), **metrics.annotations(METRICS_PORT)},
        service_account=ACCOUNT,
        grace_seconds=GRACE_SECONDS,
    )
