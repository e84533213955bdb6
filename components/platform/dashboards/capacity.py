"""GPUs, nodes and quotas: what there is, who was promised it, who asks for it and who uses it."""

from __future__ import annotations

from components.platform.dashboards.model import Dashboard, Metric, Section, graph, stat, table
from components.platform.dashboards.promql import GPU, cores, held, live, or_zero

TEAMS = 'namespace=~"team-.*"'


def quota(kind: str, resource: str) -> str:
    """All teams' quotas together."""
    return or_zero(f'sum(kube_resourcequota{{{TEAMS},type="{kind}",resource="{resource}"}})')


def asked(resource: str, by: str = "") -> str:
    """What containers of pods that haven't ended ask for."""
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} ({live(f'kube_pod_container_resource_requests{{{resource}}}')})"


GPUS = Section(
    "GPUs",
    (
        stat(
            "GPUs",
            "short",
            "That nodes offer to pods. Zero where there are none.",
            Metric(or_zero(f"sum(kube_node_status_allocatable{{{GPU}}})")),
        ),
        stat(
            "Asked for",
            "short",
            "By pods that haven't ended, ones that still wait for a GPU among them.",
            Metric(or_zero(asked(GPU))),
        ),
        stat(
            "Pods that wait for one",
            "short",
            "Pods with a GPU in their requests that aren't on a node yet.",
            Metric(
                or_zero(
                    f"count(kube_pod_container_resource_requests{{{GPU}}}"
                    ' and on (namespace, pod) (kube_pod_status_phase{phase="Pending"} == 1))'
                )
            ),
            (1, "orange"),
        ),
        stat(
            "Use",
            "percentunit",
            "Mean of all GPUs, as NVIDIA's exporter (DCGM) tells it. Zero where there is no GPU.",
            Metric(or_zero("avg(DCGM_FI_DEV_GPU_UTIL) / 100")),
        ),
        stat(
            "Promised to teams",
            "short",
            "The sum of their quotas. May be more than there are: then they take turns.",
            Metric(quota("hard", "requests.nvidia.com/gpu")),
            width=8,
        ),
        graph(
            "GPUs by team",
            "short",
            "Asked for by pods that haven't ended, by namespace, and what there is.",
            Metric(or_zero(asked(GPU, "namespace")), "{{namespace}}"),
            Metric(or_zero(f"sum(kube_node_status_allocatable{{{GPU}}})"), "there are"),
            width=12,
        ),
        graph(
            "Use of GPUs",
            "percentunit",
            "Each GPU's, as NVIDIA's exporter (DCGM) tells it. Zero where there is no GPU.",
            Metric(or_zero("avg by (Hostname, gpu) (DCGM_FI_DEV_GPU_UTIL) / 100"), "{{Hostname}} {{gpu}}"),
            width=12,
            most=1,
        ),
    ),
)
NODES = Section(
    "Nodes",
    (
        graph(
            "Processor",
            "none",
            "Cores that nodes offer, teams were promised, pods ask for and use. A pod that finds no room waits.",
            Metric('sum(kube_node_status_allocatable{resource="cpu"})', "there are"),
            Metric(quota("hard", "requests.cpu"), "promised to teams"),
            Metric(asked('resource="cpu"'), "asked for"),
            Metric(cores(""), "used"),
        ),
        graph(
            "Memory",
            "bytes",
            "Bytes that nodes offer, teams were promised, pods ask for and use.",
            Metric('sum(kube_node_status_allocatable{resource="memory"})', "there are"),
            Metric(quota("hard", "requests.memory"), "promised to teams"),
            Metric(asked('resource="memory"'), "asked for"),
            Metric(held(""), "used"),
        ),
        graph(
            "Pods",
            "short",
            "That nodes take, teams were promised, and that are there.",
            Metric('sum(kube_node_status_allocatable{resource="pods"})', "there is room for"),
            Metric(quota("hard", "pods"), "promised to teams"),
            Metric('sum(kube_pod_status_phase{phase=~"Pending|Running"})', "there are"),
        ),
    ),
)
QUOTAS = Section(
    "Quotas",
    (
        graph(
            "Fullest part of each quota",
            "percentunit",
            "Share of the resource that is nearest to its bound, by team.",
            Metric("max by (team) (team:quota_used:ratio)", "{{team}}"),
            width=12,
            most=1,
        ),
        table(
            "Use of quotas",
            "percentunit",
            "Share of each bound that is asked for, the fullest first.",
            Metric("sort_desc(max by (team, resource) (team:quota_used:ratio))"),
        ),
        graph(
            "Volumes by team",
            "bytes",
            "What claims ask for, by namespace.",
            Metric("sum by (namespace) (kube_persistentvolumeclaim_resource_requests_storage_bytes)", "{{namespace}}"),
            width=12,
            stacked=True,
        ),
        graph(
            "Cores by team",
            "none",
            "Used, by namespace. The platform's own are the ones that begin with mlp- or kube-.",
            Metric(cores("", "namespace"), "{{namespace}}"),
            width=12,
            stacked=True,
        ),
    ),
)
DASHBOARD = Dashboard(
    "capacity",
    "GPUs and quotas",
    "What there is, who was promised it, who asks for it and who uses it.",
    (GPUS, NODES, QUOTAS),
    window="6h",
)
