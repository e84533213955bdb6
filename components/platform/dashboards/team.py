"""One team: what it may use and uses, what its pipelines and services do, and about what that costs."""

from __future__ import annotations

from components.platform.dashboards.model import Dashboard, Metric, Number, Section, graph, stat, table
from components.platform.dashboards.promql import cores, grown, held, or_zero, rate
from components.platform.dashboards.variables import TEAM

ITS = 'namespace="team-$team"'
SHARE = f"max by (resource) (team:quota_used:ratio{{{ITS}}})"
GIB = 2**30
COST = (
    f'sum(kube_resourcequota{{{ITS},type="used",resource="requests.cpu"}}) * $price_core'
    f' + sum(kube_resourcequota{{{ITS},type="used",resource="requests.memory"}}) / {GIB} * $price_gib'
)

NOW = Section(
    "Now",
    (
        stat(
            "Fullest part of quota",
            "percentunit",
            "Share of the resource that is nearest to its bound. At 100 % new pods wait until others have ended.",
            Metric(f"max({SHARE})"),
            (0.8, "orange"),
            (0.95, "red"),
        ),
        stat(
            "Pods that run",
            "short",
            "Airflow, tasks and models together.",
            Metric(or_zero(f'sum(kube_pod_status_phase{{{ITS},phase="Running"}})')),
        ),
        stat(
            "Pods that wait",
            "short",
            "For room on a node or for their image. For minutes means that nothing fits.",
            Metric(or_zero(f'sum(kube_pod_status_phase{{{ITS},phase="Pending"}})')),
            (1, "orange"),
        ),
        stat(
            "DAG runs that run",
            "short",
            "As Airflow's scheduler counts them.",
            Metric(f"sum(airflow_scheduler_dagruns_running{{{ITS}}})"),
        ),
        stat(
            "Tasks that failed",
            "short",
            "Attempts in what is shown, also ones that were tried again and went well.",
            Metric(or_zero(grown(f'airflow_ti_finish{{{ITS},state="failed"}}', "$__range"))),
            (1, "orange"),
        ),
        stat(
            "Cost an hour",
            "currencyUSD",
            "What its pods ask for now at the prices above, which are examples: put in your own.",
            Metric(COST),
        ),
    ),
)
QUOTA = Section(
    "Quota",
    (
        graph(
            "Use of the quota",
            "percentunit",
            "Share of each bound that pods and volumes ask for. What they really use is beside it.",
            Metric(SHARE, "{{resource}}"),
            most=1,
        ),
        graph(
            "Processor",
            "none",
            "Cores that are used, asked for and allowed. Used beyond asked for is what others left idle.",
            Metric(cores(ITS), "used"),
            Metric(f'sum(kube_resourcequota{{{ITS},type="used",resource="requests.cpu"}})', "asked for"),
            Metric(f'sum(kube_resourcequota{{{ITS},type="hard",resource="requests.cpu"}})', "allowed"),
        ),
        graph(
            "Memory",
            "bytes",
            "Bytes that are used, asked for and allowed.",
            Metric(held(ITS), "used"),
            Metric(f'sum(kube_resourcequota{{{ITS},type="used",resource="requests.memory"}})', "asked for"),
            Metric(f'sum(kube_resourcequota{{{ITS},type="hard",resource="requests.memory"}})', "allowed"),
        ),
    ),
)
WORK = Section(
    "Pods and pipelines",
    (
        graph(
            "Pods",
            "short",
            "By what they are doing. Tasks leave ended pods behind for a while.",
            Metric(f"sum by (phase) (kube_pod_status_phase{{{ITS}}})", "{{phase}}"),
            stacked=True,
        ),
        graph(
            "Tasks that ended",
            "short",
            "Attempts in the last five minutes, by how they ended.",
            Metric(or_zero(grown(f"airflow_ti_finish{{{ITS}}}", "5m", "state")), "{{state}}"),
            stacked=True,
        ),
        graph(
            "Requests to models",
            "reqps",
            "A second, by model service. None where no model is asked.",
            Metric(or_zero(rate(f"bentoml_service_request_total{{{ITS}}}", "service_name")), "{{service_name}}"),
            stacked=True,
        ),
        table(
            "What uses memory",
            "bytes",
            "The ten pods that hold most.",
            Metric(f"topk(10, {held(ITS, 'pod')})"),
        ),
        table(
            "What uses the processor",
            "none",
            "The ten pods that use most cores.",
            Metric(f"topk(10, {cores(ITS, 'pod')})"),
        ),
    ),
)
COSTS = Section(
    "Cost",
    (
        graph(
            "Cost an hour",
            "currencyUSD",
            "What pods ask for at the prices above. What is asked for and not used costs as much.",
            Metric(COST, "asked for"),
            width=12,
        ),
        stat(
            "Cost of what is shown",
            "currencyUSD",
            "The same, added up over the time that is shown. Time without measurements counts as the mean of the rest.",
            Metric(f"avg_over_time(({COST})[$__range:1m]) * $__range_s / 3600"),
            width=12,
        ),
    ),
)
DASHBOARD = Dashboard(
    "team",
    "Team",
    "What one team may use and uses, and what its pipelines and models do.",
    (NOW, QUOTA, WORK, COSTS),
    (TEAM, Number("price_core", "Price of a core an hour", "0.04"), Number("price_gib", "of a GiB an hour", "0.005")),
    window="6h",
)
