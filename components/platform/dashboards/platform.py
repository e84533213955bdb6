"""The platform as a whole: the node, the control plane, the shared tools, and what watches them."""

from __future__ import annotations

from components.platform.dashboards.model import Dashboard, Metric, Section, graph, stat
from components.platform.dashboards.promql import API, RATE, cores, held, mean_time, or_zero, rate

OURS = 'namespace=~"mlp-.*"'
FIRING = 'alertstate="firing",alertname!="Watchdog"'
"""Watchdog fires as long as all is well."""
STUCK = (
    "CrashLoopBackOff|ImagePullBackOff|ErrImagePull|InvalidImageName|CreateContainerConfigError|CreateContainerError"
)

NOW = Section(
    "Now",
    (
        stat(
            "Alerts that fire",
            "short",
            "Prometheus' own count, before Alertmanager groups or silences any. Zero is well.",
            Metric(or_zero(f"count(ALERTS{{{FIRING}}})")),
            (1, "orange"),
            (5, "red"),
        ),
        stat(
            "Targets that are down",
            "short",
            "Pods and endpoints that Prometheus couldn't scrape the last time. What they measure is missing elsewhere.",
            Metric(or_zero("count(up == 0)")),
            (1, "red"),
        ),
        stat(
            "Nodes that are ready",
            "short",
            "Nodes whose kubelet says that it takes pods.",
            Metric('sum(kube_node_status_condition{condition="Ready",status="true"})'),
        ),
        stat(
            "Pods that run",
            "short",
            "In all namespaces, the node's own included.",
            Metric('sum(kube_pod_status_phase{phase="Running"})'),
        ),
        stat(
            "Stuck containers",
            "short",
            "Containers that crash again and again, or whose image or settings can't be had.",
            Metric(or_zero(f'sum(kube_pod_container_status_waiting_reason{{reason=~"{STUCK}"}})')),
            (1, "red"),
        ),
        stat(
            "Restarts in an hour",
            "short",
            "Of containers that ended by themselves or were killed for their memory or by their liveness probe.",
            Metric(or_zero("round(sum(increase(kube_pod_container_status_restarts_total[1h])))")),
            (1, "orange"),
            (10, "red"),
        ),
    ),
)
NODE = Section(
    "Node",
    (
        graph(
            "Processor",
            "percentunit",
            "Share of all cores that isn't idle. Near 100 % tasks and answers get slower; nothing fails.",
            Metric("max by (node) (node:cpu_used:ratio)", "{{node}}"),
            most=1,
        ),
        graph(
            "Memory",
            "percentunit",
            "Share that couldn't be given to a new program. Near 100 % the kernel ends programs.",
            Metric("max by (node) (node:memory_used:ratio)", "{{node}}"),
            most=1,
        ),
        graph(
            "Disk",
            "percentunit",
            "Share that is used. From 85 % on the kubelet removes images, from 90 % on it evicts pods.",
            Metric("max by (node) (node:disk_used:ratio)", "{{node}}"),
            most=1,
        ),
        graph(
            "Waiting for the node",
            "percentunit",
            "Share of time in which something waited for processor, memory or disk (the kernel's pressure figures).",
            Metric(f"max(rate(node_pressure_cpu_waiting_seconds_total[{RATE}]))", "processor"),
            Metric(f"max(rate(node_pressure_memory_waiting_seconds_total[{RATE}]))", "memory"),
            Metric(f"max(rate(node_pressure_io_waiting_seconds_total[{RATE}]))", "disk"),
            most=1,
        ),
        graph(
            "Disk traffic",
            "Bps",
            "Bytes read from and written to all disks of the node.",
            Metric(rate("node_disk_read_bytes_total"), "read"),
            Metric(rate("node_disk_written_bytes_total"), "written"),
        ),
        graph(
            "Load",
            "short",
            "Programs that run or wait for a disk, averaged over one and fifteen minutes. Compare with the cores.",
            Metric("sum(node_load1)", "one minute"),
            Metric("sum(node_load15)", "fifteen minutes"),
            Metric('count(node_cpu_seconds_total{mode="idle"})', "cores"),
        ),
    ),
)
CONTROL_PLANE = Section(
    "Control plane",
    (
        graph(
            "Requests to the API server",
            "reqps",
            "By status code. Many of 429 mean that somebody asks too much, of 5xx that etcd or a webhook is ill.",
            Metric(rate("apiserver_request_total", "code", API), "{{code}}"),
            stacked=True,
        ),
        graph(
            "Requests in flight",
            "short",
            "At the API server, by whether they only read. It refuses more than 400 and 200.",
            Metric("sum by (request_kind) (apiserver_current_inflight_requests)", "{{request_kind}}"),
        ),
        graph(
            "What etcd holds",
            "bytes",
            "Size of its database, which it refuses to grow beyond 2 GiB.",
            Metric("max(apiserver_storage_size_bytes)", "database"),
        ),
    ),
)
TOOLS = Section(
    "Shared tools",
    (
        graph(
            "Memory of the tools",
            "bytes",
            "What each pod of the foundation and of the platform holds and can't give back at once.",
            Metric(held(OURS, "pod"), "{{pod}}"),
            stacked=True,
        ),
        graph(
            "Processor of the tools",
            "none",
            "Cores that each pod of the foundation and of the platform uses.",
            Metric(cores(OURS, "pod"), "{{pod}}"),
            stacked=True,
        ),
        graph(
            "Replicas that are missing",
            "short",
            "What Deployments and StatefulSets want and don't have. A tool with one of one missing is down.",
            Metric(
                f"sum by (deployment) (kube_deployment_spec_replicas{{{OURS}}}"
                f" - kube_deployment_status_replicas_available{{{OURS}}})",
                "{{deployment}}",
            ),
            Metric(
                f"sum by (statefulset) (kube_statefulset_replicas{{{OURS}}}"
                f" - kube_statefulset_status_replicas_ready{{{OURS}}})",
                "{{statefulset}}",
            ),
        ),
        graph(
            "Sessions at Postgres",
            "short",
            "Open sessions by database. Its bound is in images/postgres; at it tools wait, then fail.",
            Metric('sum by (datname) (pg_stat_database_numbackends{datname!=""})', "{{datname}}"),
            stacked=True,
        ),
        graph(
            "Transactions at Postgres",
            "ops",
            "Committed and rolled back, a second.",
            Metric(rate("pg_stat_database_xact_commit"), "committed"),
            Metric(rate("pg_stat_database_xact_rollback"), "rolled back"),
        ),
        graph(
            "Size of databases",
            "bytes",
            "On the volume of Postgres, without its write-ahead log.",
            Metric('sum by (datname) (pg_database_size_bytes{datname!~"template.*"})', "{{datname}}"),
            stacked=True,
        ),
        graph(
            "Requests to MLflow",
            "reqps",
            "By status code, without the looks of probes.",
            Metric(or_zero(rate('mlflow_http_requests_total{handler!="/health"}', "status")), "{{status}}"),
            stacked=True,
        ),
        graph(
            "Requests to the object store",
            "reqps",
            "By what was asked. Failed ones are what the store refused or couldn't do.",
            Metric(or_zero(rate("versitygw_success_count", "action")), "{{action}}"),
            Metric(or_zero(rate("versitygw_failed_count")), "failed"),
            stacked=True,
        ),
        graph(
            "Traffic of the object store",
            "Bps",
            "Bytes of objects, a second.",
            Metric(or_zero(rate("versitygw_bytes_read")), "read"),
            Metric(or_zero(rate("versitygw_bytes_written")), "written"),
        ),
        graph(
            "Requests through the ingress",
            "reqps",
            "By status code, of everything that people and programs outside of the cluster ask.",
            Metric(rate("traefik_service_requests_total", "code"), "{{code}}"),
            width=12,
            stacked=True,
        ),
        graph(
            "Latency through the ingress",
            "s",
            "Mean, the answer of the tool behind it included.",
            Metric(mean_time("traefik_service_request_duration_seconds", "service"), "{{service}}"),
            width=12,
        ),
    ),
)
WATCHING = Section(
    "What watches",
    (
        graph(
            "Series and samples",
            "short",
            "Series that Prometheus keeps in memory, about 4 KiB each, and samples that it takes a second.",
            Metric("sum(prometheus_tsdb_head_series)", "series"),
            Metric(rate("prometheus_tsdb_head_samples_appended_total"), "samples a second"),
        ),
        graph(
            "Alerts by severity",
            "short",
            "That fire now, by how urgent their rule says that they are.",
            Metric(or_zero(f"count by (severity) (ALERTS{{{FIRING}}})"), "{{severity}}"),
            stacked=True,
        ),
        graph(
            "What went wrong in watching",
            "short",
            "Rules that couldn't be evaluated, alerts that couldn't be sent, logs found broken; in five minutes.",
            Metric("sum(increase(prometheus_rule_evaluation_failures_total[5m]))", "rules"),
            Metric("sum(increase(prometheus_notifications_dropped_total[5m]))", "alerts"),
            Metric("sum(increase(prometheus_tsdb_wal_corruptions_total[5m]))", "logs"),
        ),
    ),
)
DASHBOARD = Dashboard(
    "platform",
    "Platform",
    "The node, its control plane, the shared tools and what watches them. Begin here when something is wrong.",
    (NOW, NODE, CONTROL_PLANE, TOOLS, WATCHING),
)
