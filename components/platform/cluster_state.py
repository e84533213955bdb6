"""Who says what there is in the cluster: an exporter of ours, or kube-state-metrics where its image can be pulled."""

from __future__ import annotations

import pulumi_kubernetes as k8s

from components.kubernetes import pods
from components.kubernetes.access import Rule
from components.kubernetes.labels import GROUP
from components.kubernetes.spec import Resources
from components.platform.monitoring_names import CLUSTER_STATE, CLUSTER_STATE_PORT, OURS_PORT
from components.platform.monitoring_spec import ClusterStateSpec

RESOURCES = Resources(cpu="10m", memory="128Mi")
"""About 25 MB for a small cluster: it holds a list of pods while it answers."""
KINDS = (
    "daemonsets",
    "deployments",
    "horizontalpodautoscalers",
    "jobs",
    "namespaces",
    "nodes",
    "persistentvolumeclaims",
    "pods",
    "resourcequotas",
    "statefulsets",
)
"""What our rules and dashboards ask about."""


def rules() -> list[Rule]:
    """What it lists; kube-state-metrics watches it."""
    verbs = ["list", "watch"]
    core = ["namespaces", "nodes", "persistentvolumeclaims", "pods", "resourcequotas"]
    return [
        Rule(api_groups=[""], resources=core, verbs=verbs),
        Rule(api_groups=["apps"], resources=["daemonsets", "deployments", "statefulsets"], verbs=verbs),
        Rule(api_groups=["batch"], resources=["jobs"], verbs=verbs),
        Rule(api_groups=["autoscaling"], resources=["horizontalpodautoscalers"], verbs=verbs),
        Rule(api_groups=[GROUP], resources=["tenants"], verbs=verbs),
    ]


def ports(spec: ClusterStateSpec) -> tuple[int, ...]:
    """Where metrics are."""
    return (CLUSTER_STATE_PORT, OURS_PORT) if spec.image else (CLUSTER_STATE_PORT,)


def containers(spec: ClusterStateSpec, image: str) -> list[k8s.core.v1.ContainerArgs]:
    """Ours alone; or kube-state-metrics, and ours for the kinds that it doesn't know."""
    if spec.image is None:
        return [_container(CLUSTER_STATE, image, ["cluster-state"], CLUSTER_STATE_PORT, "main")]
    theirs = [f"--port={CLUSTER_STATE_PORT}", "--telemetry-port=8082", f"--resources={','.join(KINDS)}"]
    return [
        _container("kube-state-metrics", spec.image, theirs, CLUSTER_STATE_PORT, "main"),
        _container(CLUSTER_STATE, image, ["cluster-state", "ours"], OURS_PORT, "ours"),
    ]


def _container(name: str, image: str, arguments: list[str], port: int, port_name: str) -> k8s.core.v1.ContainerArgs:
    return k8s.core.v1.ContainerArgs(
        name=name,
        image=image,
        args=arguments,
        env=pods.environment({"PORT": str(port)}, {}),
        ports=[k8s.core.v1.ContainerPortArgs(name=port_name, container_port=port)],
        resources=pods.resources(RESOURCES),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/healthz", period=1, failures=60, port=port_name),
        readiness_probe=pods.http_probe("/healthz", period=10, failures=3, port=port_name),
        liveness_probe=pods.http_probe("/healthz", period=30, failures=3, port=port_name),
    )
