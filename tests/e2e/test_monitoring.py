"""Monitoring on the real cluster: all is seen, alerts reach whom they are for, kills and full disks are told.

The order saves time: while Prometheus is stopped, so that there is a gap to be told, other things are tried.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from secrets import token_hex

import pytest

from components.platform.rules import GROUPS, Alert
from components.team.names import ALERT_ROUTE
from tests.e2e.conftest import Teams
from tests.support import full_disk, killing, processes
from tests.support.alert_route import routed
from tests.support.cluster import Cluster
from tests.support.pods import container, image_of, pod
from tests.support.prometheus import Prometheus, guarded
from tests.support.receiver import Receiver, receiving
from tests.support.refused import Refused
from tests.support.web import basic

NAMESPACE = "mlp-platform"
EXPECTED = {
    "prometheus",
    "alertmanager",
    "node-exporter",
    "cluster-state",
    "postgres-exporter",
    "apiserver",
    "kubelet",
    "mlflow",
    "object-store",
    "airflow",
    "serving",
    "coredns",
    "traefik",
}
PODS = "prometheus-.*|alertmanager-.*|node-exporter-.*|cluster-state-.*|postgres-exporter-.*"
STOPPED_SECONDS = 55
"""More than alert MonitoringLostData takes for nothing."""
SEEN_SECONDS = 20
"""So long after its start Prometheus has surely asked itself when that was."""
TOLD_SECONDS = 75
"""Scrape, rule, group: 15 s, 15 s and 5 s; a busy machine takes longer."""


@pytest.fixture(scope="module")
def prometheus(ingress: str) -> Prometheus:
    return Prometheus(guarded("prometheus", ingress))


@pytest.fixture(scope="module")
def receiver(cluster: Cluster, teams: Teams, ingress: str, idly: None) -> Iterator[Receiver]:
    """Receives for both teams, each at a path of its own, as their stacks would say it by `alerts.webhook`."""
    with receiving() as made:
        for team in (teams.search, teams.recsys):
            for item in routed(team, made.url(team)):
                cluster.kubectl("apply", "-f", "-", given=json.dumps(item))
        try:
            alertmanager = guarded("alertmanager", ingress)
            end = time.monotonic() + 40
            while teams.recsys not in alertmanager.get("/api/v2/status")["config"]["original"]:
                assert time.monotonic() < end, "Alertmanager doesn't know of the routes"
                time.sleep(1)
            yield made
        finally:
            for team in (teams.search, teams.recsys):
                kinds = "configmap,role,rolebinding"
                cluster.kubectl("delete", kinds, ALERT_ROUTE, "-n", team, "--ignore-not-found")


@pytest.fixture
def fails(cluster: Cluster, teams: Teams) -> Iterator[Callable[[str], str]]:
    """Have a Job of team search fail at once, which is an alert of the team's."""
    made: list[str] = []

    def fail(what: str) -> str:
        # Alertmanager tells the same alert once in four hours.
        name = f"e2e-{what}-{token_hex(3)}"
        image = image_of(cluster, teams.search)
        template = pod(teams.search, name, [container(image, command=["false"])])
        del template["metadata"]
        job = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name, "namespace": teams.search},
            "spec": {"backoffLimit": 0, "template": {"metadata": {}, "spec": template["spec"]}},
        }
        cluster.kubectl("apply", "-f", "-", given=json.dumps(job))
        made.append(name)
        return name

    yield fail
    for name in made:
        cluster.kubectl("delete", "job", name, "-n", teams.search, "--ignore-not-found", "--wait=false")


def process(cluster: Cluster, name: str, title: str) -> int:
    """The number of a server's process on this machine."""
    (found,) = killing.pods(cluster, NAMESPACE, f"app.kubernetes.io/name={name}")
    (number,) = (number for number, text in killing.of_pod(found).items() if text.startswith(title))
    return number


@pytest.mark.timeout(90)
def test_everything_that_runs_is_asked_and_answers(
    prometheus: Prometheus, teams: Teams, say: Callable[[str], None]
) -> None:
    end = time.monotonic() + 60
    while True:
        targets = prometheus.targets()
        jobs = {target["labels"]["job"] for target in targets}
        silent = [f"{t['scrapeUrl']}: {t['health']} {t['lastError']}" for t in targets if t["health"] != "up"]
        if not silent and jobs >= EXPECTED:
            break
        assert time.monotonic() < end, f"missing {EXPECTED - jobs}; not up: {silent}"
        time.sleep(2)
    series = prometheus.value("prometheus_tsdb_head_series")
    used = prometheus.value(
        f'sum(container_memory_working_set_bytes{{namespace="{NAMESPACE}",pod=~"{PODS}",container!=""}})'
    )
    say(f"monitoring: {len(targets)} targets up, {series:.0f} series, {used / 2**20:.0f} MiB for all of its containers")
    for team in ("search", "recsys"):
        assert prometheus.query(f'up{{job="airflow",team="{team}"}}')


@pytest.mark.timeout(30)
def test_every_rule_is_loaded_and_healthy(prometheus: Prometheus) -> None:
    loaded = {rule["name"]: rule for group in prometheus.groups() for rule in group["rules"]}
    wanted = {rule.name for group in GROUPS for rule in group.rules}
    assert set(loaded) == wanted
    assert not {name: rule.get("lastError") for name, rule in loaded.items() if rule["health"] == "err"}
    assert prometheus.query('ALERTS{alertname="Watchdog"}')


@pytest.mark.timeout(30)
def test_nothing_is_shown_without_the_password(prometheus: Prometheus, ingress: str) -> None:
    for tool in (prometheus.tool, guarded("alertmanager", ingress)):
        for headers in ({}, basic("admin", "wrong")):
            with pytest.raises(Refused, match="401"):
                tool.site.ask("GET", "/api/v1/status/buildinfo", headers=headers)


@pytest.mark.timeout(TOLD_SECONDS + 60)
def test_an_alert_reaches_its_team_and_no_other(
    receiver: Receiver, fails: Callable[[str], str], teams: Teams, say: Callable[[str], None]
) -> None:
    begun = time.monotonic()
    job = fails("alert")
    alert = receiver.wait_for(teams.search, TOLD_SECONDS, alertname="JobFailed", job_name=job)
    say(f"a failed job's alert reached its team's receiver after {time.monotonic() - begun:.0f} s")
    assert alert["status"] == "firing"
    assert alert["labels"]["team"] == "search"
    assert job in alert["annotations"]["summary"]
    assert not receiver.got(teams.recsys, job_name=job)
    assert not [one for one in receiver.got(teams.recsys) if one["labels"]["team"] != "recsys"]


@pytest.mark.timeout(TOLD_SECONDS + 60)
def test_alertmanager_killed_tells_after_it_is_back(
    receiver: Receiver, fails: Callable[[str], str], teams: Teams, cluster: Cluster
) -> None:
    job = fails("killed")
    killing.kill([process(cluster, "alertmanager", "prometheus-alertmanager")])
    receiver.wait_for(teams.search, TOLD_SECONDS, alertname="JobFailed", job_name=job)
    assert not receiver.got(teams.recsys, job_name=job)


@dataclass(frozen=True)
class Stopped:
    """Prometheus while it doesn't run."""

    number: int
    at: float
    """Unix time."""


@pytest.fixture(scope="module")
def stopped(cluster: Cluster, prometheus: Prometheus) -> Iterator[Stopped]:
    """Stopped, which is as good as killed: it writes nothing more."""
    assert prometheus.query('up{job="node-exporter"}')
    number = process(cluster, "prometheus", "prometheus ")
    at = time.time()
    os.kill(number, signal.SIGSTOP)
    yield Stopped(number, at)
    if processes.is_alive(number):
        os.kill(number, signal.SIGCONT)


@pytest.mark.timeout(120)
def test_promtool_agrees_with_every_case(stopped: Stopped, cluster: Cluster, say: Callable[[str], None]) -> None:
    """In the image, on the files that Prometheus itself has read."""
    begun = time.monotonic()
    cluster.kubectl(
        *("exec", "-n", NAMESPACE, "prometheus-0", "--", "sh", "-c"),
        "promtool check config --syntax-only /etc/prometheus/prometheus.yml && "
        "promtool test rules /etc/prometheus/cases-*.yml",
        seconds=110,
    )
    alerts = sum(isinstance(rule, Alert) for group in GROUPS for rule in group.rules)
    say(f"promtool: two cases for each of {alerts} alerts, in {time.monotonic() - begun:.0f} s")


@pytest.mark.timeout(150)
def test_a_full_disk_is_told_and_recovered_from(stopped: Stopped, cluster: Cluster) -> None:
    """The same program and rules on a volume of 30 MB, in a pod of their own."""
    image = cluster.get("pod", "-n", NAMESPACE, "prometheus-0")["spec"]["containers"][0]["image"]
    with full_disk.server(cluster, image) as server:
        server.wait(lambda: server.age() < 5, "it records", 60)
        server.fill()
        server.wait(lambda: server.counter("prometheus_tsdb_wal_writes_failed_total") > 2, "writing fails", 30)
        server.wait(lambda: server.age() > 5, "nothing is recorded", 30)
        server.make_room()
        server.wait(lambda: server.age() < 5, "it records again", 60)
        server.wait(lambda: "MonitoringCannotWrite" in server.firing(), "it says what it lost", 60)
        assert not server.restarts(), "it needed no restart"


@pytest.mark.timeout(240)
def test_prometheus_killed_recovers_and_says_what_it_lost(
    stopped: Stopped, prometheus: Prometheus, say: Callable[[str], None]
) -> None:
    time.sleep(max(0.0, STOPPED_SECONDS - (time.time() - stopped.at)))
    if processes.is_alive(stopped.number):
        killing.kill([stopped.number])
    # Not since it was killed: the kernel tells when a process started by whole seconds of when it was booted itself.
    started = 'max(process_start_time_seconds{job="prometheus"})'
    # What was lost before an earlier start is said until the rule has run on what this one's first scrape found.
    again = f"timestamp(monitoring:gap:seconds) > ({started} > {stopped.at:.3f}) + {SEEN_SECONDS}"
    ((_, lost),) = prometheus.wait_for(f"monitoring:gap:seconds and on () ({again})", 90 + SEEN_SECONDS)
    away = prometheus.value(started) - stopped.at
    assert lost < away + 40
    assert prometheus.value('max(up{job="node-exporter"})', stopped.at - 1) == 1, "what was recorded before is there"
    prometheus.wait_for('ALERTS{alertname="MonitoringLostData",alertstate="firing"}', 60)
    corrupt = prometheus.value('sum(prometheus_tsdb_wal_corruptions_total{job="prometheus"})')
    say(f"Prometheus stopped and killed: nothing recorded for {lost:.0f} s, which it said; {corrupt:.0f} corruptions")
