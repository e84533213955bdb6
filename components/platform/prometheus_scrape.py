"""What Prometheus asks for metrics, and what it calls the answers. A pure function: Prometheus' configuration.

Pods are found by their annotations (components/kubernetes/metrics.py). What the platform's own pods say of others
(cluster state, the serving controller) is believed; of a team's pod only that the metrics are its own: whatever labels
it sends, `namespace`, `pod` and `team` are where it runs.
"""

from __future__ import annotations

from typing import Any

from components.kubernetes import metrics
from components.kubernetes.labels import TEAMS
from components.platform import monitoring_names as names

INTERVAL = "15s"
SLOW_INTERVAL = "30s"
SAMPLES_OF_A_TEAM = 20_000
"""So many series one pod of a team may have: more, and it isn't recorded, which alert TargetDown tells."""
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path
AUTHORITY = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
TRUSTED = "mlp-.*|kube-system"
"""Namespaces whose pods are the platform's or the node's."""
OF_THE_PLATFORM = (
    "(apiserver|etcd|kube|kubelet|node|pg|traefik|versitygw|mlflow_http|coredns|prometheus|alertmanager)_.*"
    "|mlplatform_(tenant|alert|cluster)_.*|mlplatform_model_(replicas|rollouts|waiting|in_flight|canary).*"
    "|(node|team|model|airflow|monitoring):.*"
)
"""Metrics that no pod of a team may give: rules believe them."""
KEPT_OF_API_SERVER = (
    "apiserver_request_total|apiserver_current_inflight_requests|apiserver_storage_objects|apiserver_storage_size_bytes"
    "|process_.*"
)
KEPT_OF_CADVISOR = "container_(network_(receive|transmit)_bytes|oom_events|fs_(reads|writes)_bytes)_total"
KEPT_OF_KUBELET = "kubelet_volume_stats_.*|kubelet_running_pods"
DROPPED = (
    "go_(gc|memstats|sched|cpu|cgo|sync)_.*|process_cpu_.*_bucket|promhttp_.*|net_conntrack_.*"
    "|prometheus_http_.*|prometheus_(sd|tsdb_.*_bucket|engine_query_log).*"
    "|alertmanager_(cluster|http|nflog|silences|notification_latency|notification_requests)_.*|traefik_.*_bucket|coredns_.*_bucket|pg_settings_([^m].*|m[^a].*|ma[^x].*)"
)
"""What nobody asks for: about half of all series."""


def config(credentials: dict[str, str]) -> dict[str, Any]:
    """The file.

    Args:
        credentials: Folders of user and password of `prometheus` and `alertmanager`, as mounted.
    """
    return {
        # Garbage is collected earlier than usual: some thousandths of a core for a third of the memory.
        "runtime": {"gogc": 40},
        "global": {"scrape_interval": INTERVAL, "scrape_timeout": "10s", "evaluation_interval": INTERVAL},
        "rule_files": [f"{names.CONFIG}/rules-*.yml"],
        "alerting": {"alertmanagers": [_alertmanagers(credentials["alertmanager"])]},
        "scrape_configs": [
            _guarded("prometheus", credentials["prometheus"], f"localhost:{names.PROMETHEUS_PORT}", self_=True),
            _guarded("alertmanager", credentials["alertmanager"], f"{names.ALERTMANAGER}:{names.ALERTMANAGER_PORT}"),
            *(_pods("platform", index, teams=False) for index in range(metrics.MOST)),
            *(_pods("teams", index, teams=True) for index in range(metrics.MOST)),
            _node("resource", "/metrics/resource", ".+", SLOW_INTERVAL),
            _node("cadvisor", "/metrics/cadvisor", KEPT_OF_CADVISOR, "60s"),
            _node("kubelet", "/metrics", KEPT_OF_KUBELET, "60s"),
            _api_server(),
        ],
    }


def _basic(folder: str) -> dict[str, Any]:
    return {"username": names.USER, "password_file": f"{folder}/password"}


def _alertmanagers(folder: str) -> dict[str, Any]:
    address = f"{names.ALERTMANAGER}:{names.ALERTMANAGER_PORT}"
    return {"basic_auth": _basic(folder), "static_configs": [{"targets": [address]}], "timeout": "5s"}


def _guarded(job: str, folder: str, target: str, *, self_: bool = False) -> dict[str, Any]:
    """Of those that ask for a password. Each is one pod of a StatefulSet, whose name is known."""
    labels = {"namespace": names.NAMESPACE, "pod": f"{job}-0", "app": job, "component": "monitoring"}
    found = {
        "job_name": job,
        "basic_auth": _basic(folder),
        "static_configs": [{"targets": [target], "labels": labels}],
        "metric_relabel_configs": [_drop(DROPPED)],
    }
    return {**found, "scrape_interval": "5s"} if self_ else found


def _pods(job: str, index: int, *, teams: bool) -> dict[str, Any]:
    """Pods with annotations; the port at `index` of those that they name."""
    label, pod, space = "__meta_kubernetes_pod_label_app_kubernetes_io", "__meta_kubernetes_pod", "namespace"
    ports, path = (f"{pod}_annotation_{_meta(key)}" for key in (metrics.PORTS, metrics.PATH))
    port = "[^,;]+," * index + "([0-9]+)(?:,.*)?"
    relabel = [
        _relabel([f"__meta_kubernetes_{space}"], TRUSTED, "yes", "__tmp_trusted"),
        # The gateway's metrics are what jobs say.
        _relabel([f"{label}_name"], names.PUSHGATEWAY, "no", "__tmp_trusted"),
        _relabel(["__tmp_trusted"], "yes", action="drop" if teams else "keep"),
        _relabel([ports], port, action="keep"),
        _relabel([f"{pod}_phase"], "Succeeded|Failed", action="drop"),
        # One target a pod and port, whatever ports its containers declare: the same ones become one.
        _relabel([f"{pod}_ip", ports], f"([^;]+);{port}", "$1:$2", "__address__"),
        _relabel([path], "(/.+)", "$1", "__metrics_path__"),
        _relabel([f"__meta_kubernetes_{space}"], "(.*)", "$1", space),
        _relabel([f"{pod}_name"], "(.*)", "$1", "pod"),
        _relabel([f"{label}_name"], "(.*)", "$1", "app"),
        _relabel([f"{label}_name"], "(.+)", "$1", "job"),
        _relabel([f"{label}_component"], "(.*)", "$1", "component"),
        _relabel([f"{label}_name", f"{pod}_node_name"], f"{names.NODE_EXPORTER};(.*)", "$1", "node"),
        _team(f"__meta_kubernetes_{space}"),
    ]
    if not teams:
        return {
            **_pod_job(job, index, [*relabel]),
            "honor_labels": True,
            "metric_relabel_configs": [_drop(DROPPED), *map(_team, (space, "namespace_of", "datname", "bucket"))],
        }
    return {
        **_pod_job(job, index, [*relabel, _relabel([f"__meta_kubernetes_{space}", "job"], _taken(), "team-$1", "job")]),
        "sample_limit": SAMPLES_OF_A_TEAM,
        "label_limit": 40,
        "label_value_length_limit": 512,
        "metric_relabel_configs": [
            _drop(f"{DROPPED}|{OF_THE_PLATFORM}"),
            _relabel(["app"], names.PUSHGATEWAY, "", "team"),
        ],
    }


def _taken() -> str:
    """Names that rules know the platform's own targets by."""
    return f"{TEAMS}.*;({'|'.join(names.JOBS)})"


def _pod_job(job: str, index: int, relabel: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "job_name": f"{job}-{index + 1}",
        "kubernetes_sd_configs": [{"role": "pod"}],
        "relabel_configs": relabel,
    }


def _node(job: str, path: str, kept: str, interval: str) -> dict[str, Any]:
    """The kubelet of each node, which lets in who may read nodes/metrics."""
    return {
        "job_name": f"node-{job}",
        "scheme": "https",
        "metrics_path": path,
        "scrape_interval": interval,
        "authorization": {"credentials_file": TOKEN},
        "tls_config": {"ca_file": AUTHORITY},
        "kubernetes_sd_configs": [{"role": "node"}],
        "relabel_configs": [
            _relabel(["__meta_kubernetes_node_name"], "(.*)", "$1", "node"),
            {"target_label": "job", "replacement": "kubelet"},
            {"target_label": "endpoint", "replacement": job},
            {"target_label": "app", "replacement": "kubelet"},
        ],
        "metric_relabel_configs": [
            _relabel(["__name__"], kept, action="keep"),
            # Sums of whole cgroups: each byte would be there twice.
            _relabel(["__name__", "namespace"], "container_.*;", action="drop"),
            _drop("(node|pod)_swap_.*|container_swap_.*|container_start_time_seconds"),
            _team("namespace"),
            {"regex": "id|name|image", "action": "labeldrop"},
        ],
    }


def _api_server() -> dict[str, Any]:
    return {
        "job_name": "apiserver",
        "scheme": "https",
        "scrape_interval": "60s",
        # Most of what it says, some megabytes, is left out; a busy machine takes a while to read it.
        "scrape_timeout": "45s",
        "authorization": {"credentials_file": TOKEN},
        "tls_config": {"ca_file": AUTHORITY},
        "static_configs": [{"targets": ["kubernetes.default.svc:443"], "labels": {"app": "apiserver"}}],
        "metric_relabel_configs": [_relabel(["__name__"], KEPT_OF_API_SERVER, action="keep")],
    }


def _meta(annotation: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in annotation)


def _team(label: str) -> dict[str, Any]:
    """The team that a series is about."""
    return _relabel([label], f"{TEAMS}(.+)", "$1", "team")


def _drop(regex: str) -> dict[str, Any]:
    return _relabel(["__name__"], regex, action="drop")


def _relabel(
    sources: list[str], regex: str, replacement: str = "", target: str = "", *, action: str = ""
) -> dict[str, Any]:
    found: dict[str, Any] = {"source_labels": sources, "regex": regex}
    if action:
        return {**found, "action": action}
    return {**found, "target_label": target, "replacement": replacement}
