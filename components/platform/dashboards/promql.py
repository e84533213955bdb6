"""Expressions that several panels have in common."""

from __future__ import annotations

RATE = "$__rate_interval"
"""At least four scrapes, so that one that fails leaves no gap."""
KUBELET = "2m"
"""For what the kubelet says of containers, which is asked for each half minute."""
API = "5m"
"""For what the API server says, which is asked for each minute."""
RUNNING = '(kube_pod_status_phase{phase="Running"} == 1)'
GPU = 'resource=~"nvidia[._]com[/_]gpu"'
"""As kube-state-metrics writes it for nodes and containers."""


def or_zero(expr: str) -> str:
    """Where nothing there means that it is zero: `on ()` adds the zero only if there is nothing at all."""
    return f"{expr} or on () vector(0)"


def rate(counter: str, by: str = "", window: str = RATE) -> str:
    """A second's part of a counter, added up."""
    return f"sum{_by(by)} (rate({counter}[{window}]))"


def cores(selector: str, by: str = "") -> str:
    """Processor that containers use."""
    return rate(f"container_cpu_usage_seconds_total{{{selector}}}", by, KUBELET)


def held(selector: str, by: str = "") -> str:
    """Memory of containers that can't be taken back at once. What ended less than five minutes ago is still told."""
    return f"sum{_by(by)} (container_memory_working_set_bytes{{{selector}}} and on (namespace, pod) {RUNNING})"


def mean_time(timer: str, by: str) -> str:
    """Of what a histogram has counted lately, where it has counted anything."""
    return f"{rate(f'{timer}_sum', by)} / ({rate(f'{timer}_count', by)} > 0)"


def mean(timer: str, selector: str, by: str = "") -> str:
    """Of all that a histogram has counted since its program began: there is one as soon as it has counted one."""
    return f"sum{_by(by)} ({timer}_sum{{{selector}}}) / sum{_by(by)} ({timer}_count{{{selector}}})"


def quantile(share: float, histogram: str, selector: str, by: str = "") -> str:
    """Of what a histogram has counted lately."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({histogram}_bucket{{{selector}}}[{RATE}])))"


def grown(counter: str, window: str, by: str = "") -> str:
    """By how much a counter has grown in a window.

    Not increase(): a task's counter is there only from its first event on, so it is born with the value that increase()
    takes as its beginning, and the first run of each DAG would be none.
    """
    now = f"sum{_by(by)} ({counter})"
    before = f"sum{_by(by)} ({counter} offset {window})"
    return f"clamp_min({now} - ({before} or {now} * 0), 0)"


def live(requests: str) -> str:
    """Of what containers ask for, what those of ended pods don't hold any more."""
    return f'{requests} and on (namespace, pod) (kube_pod_status_phase{{phase=~"Pending|Running"}} == 1)'


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""
