"""Killed with SIGKILL while a backfill runs, each thing is back in a minute; nothing recorded is lost or doubled.

One backfill for all tests of this file; each kills one thing. The last test waits for its end and counts what it left.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from botocore.exceptions import BotoCoreError

from local import node
from local.node import processes
from local.node.layout import layout
from local.problem import Problem
from mlp.airflow import path
from tests.support import killing, sql
from tests.support.backfill import DAG, Backfill
from tests.support.cluster import Cluster
from tests.support.pipelines import Pipelines
from tests.support.refused import Refused
from tests.support.teams import Team, open_team

BACK_SECONDS = 60
END_SECONDS = 300
AWAY = (AssertionError, OSError, Problem, Refused, BotoCoreError, subprocess.TimeoutExpired)
"""What a thing that isn't there yet, or isn't itself yet, shows."""


@pytest.fixture(scope="module")
def search(cluster: Cluster, ingress: str) -> Team:
    return open_team(cluster, "team-search", ingress)


@pytest.fixture(scope="module")
def backfill(search: Team) -> Backfill:
    made = Backfill(Pipelines.of(search.name.removeprefix("team-")), search)
    made.begin()
    return made


@pytest.fixture
def back(backfill: Backfill, say: Callable[[str], None]) -> Callable[[str, Callable[[], object]], None]:
    """Wait until what was killed works again and say how long that took; the backfill runs when the test begins."""
    backfill.keep_going()

    def wait(what: str, works: Callable[[], object]) -> None:
        start = time.monotonic()
        while True:
            try:
                works()
                break
            except AWAY as error:
                assert time.monotonic() - start < BACK_SECONDS, f"{what} isn't back after {BACK_SECONDS} s: {error}"
                time.sleep(0.5)
        took = time.monotonic() - start
        say(f"{what} killed while a backfill runs: back after {took:.1f} s, promised {BACK_SECONDS} s")
        assert took < BACK_SECONDS

    return wait


Back = Callable[[str, Callable[[], object]], None]


def kill_all_of(cluster: Cluster, namespace: str, selector: str) -> None:
    """Every process of the pods that a label selects."""
    found = killing.pods(cluster, namespace, selector)
    assert found, f"no pod {selector} runs in {namespace}"
    killing.kill(number for pod in found for number in killing.of_pod(pod))


def part_of_airflow(cluster: Cluster, team: Team, part: str) -> set[int]:
    """The processes of one of Airflow's servers, which have its name."""
    (pod,) = killing.pods(cluster, team.name, "app.kubernetes.io/name=airflow")
    # The api-server calls itself api_server.
    titles = {number: title.replace("_", "-") for number, title in killing.of_pod(pod).items()}
    return {number for number, title in titles.items() if title.startswith(f"airflow {part}")}


def heartbeat_after(pipelines: Pipelines, part: str, moment: datetime) -> None:
    """The part is healthy, and showed it after that moment."""
    found = pipelines.health()[part]
    assert found["status"] == "healthy", found
    assert datetime.fromisoformat(found[f"latest_{part}_heartbeat"]) > moment, found


@pytest.mark.timeout(360)
def test_postgres(back: Back, backfill: Backfill, cluster: Cluster, search: Team) -> None:
    kill_all_of(cluster, "mlp-foundation", "app.kubernetes.io/name=postgres")

    def works() -> None:
        assert sql.as_admin(cluster, "SELECT 1") == ["1"]
        assert search.role.run("SELECT 1") == ["1"]
        backfill.pipelines.airflow.get(path("dags", DAG))
        search.mlflow.experiment(backfill.session)

    back("Postgres", works)


@pytest.mark.timeout(300)
def test_object_store(back: Back, cluster: Cluster, search: Team) -> None:
    kill_all_of(cluster, "mlp-foundation", "app.kubernetes.io/name=object-store")

    def works() -> None:
        with search.account.client() as s3:
            s3.put_object(Bucket=search.name, Key="e2e/alive", Body=b"alive")
            assert s3.get_object(Bucket=search.name, Key="e2e/alive")["Body"].read() == b"alive"

    back("the S3 gateway", works)


@pytest.mark.timeout(300)
def test_mlflow(back: Back, backfill: Backfill, cluster: Cluster, search: Team) -> None:
    kill_all_of(cluster, "mlp-platform", "app.kubernetes.io/name=mlflow")
    back("MLflow", lambda: search.mlflow.experiment(backfill.session))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", ["scheduler", "dag-processor"])
def test_a_part_of_airflow(part: str, back: Back, backfill: Backfill, cluster: Cluster, search: Team) -> None:
    killing.kill(part_of_airflow(cluster, search, part))
    killed = datetime.now(UTC)
    back(f"Airflow's {part}", lambda: heartbeat_after(backfill.pipelines, part.replace("-", "_"), killed))


@pytest.mark.timeout(300)
def test_api_server(back: Back, backfill: Backfill, cluster: Cluster, search: Team) -> None:
    killing.kill(part_of_airflow(cluster, search, "api-server"))
    back("Airflow's api-server", lambda: backfill.pipelines.airflow.get(path("dags", DAG)))


@pytest.mark.timeout(300)
def test_a_worker(back: Back, backfill: Backfill, cluster: Cluster, search: Team) -> None:
    run = killed_at_work(cluster, search, backfill)

    def works() -> None:
        (task,) = backfill.pipelines.tasks(DAG, run).values()
        assert task["try_number"] > 1, task["state"]
        assert task["state"] in ("running", "success"), task["state"]

    back("a worker", works)


def killed_at_work(cluster: Cluster, team: Team, backfill: Backfill) -> str:
    """Kill the processes of a task's pod before the task has ended; its run."""
    end = time.monotonic() + BACK_SECONDS
    while True:
        for pod in killing.pods(cluster, team.name, f"dag_id={DAG}"):
            if numbers := killing.of_pod(pod):
                killing.kill(numbers)
                run = str(pod["metadata"]["annotations"]["run_id"])
                (task,) = backfill.pipelines.tasks(DAG, run).values()
                # One that had told its success just before isn't what this is about.
                if task["state"] != "success":
                    return run
        assert time.monotonic() < end, "no task runs"
        time.sleep(0.2)


@pytest.mark.timeout(300)
def test_tenancy_controller(back: Back, cluster: Cluster, search: Team) -> None:
    tenant = ("tenant", search.name, "-n", search.name)
    before = cluster.get(*tenant)["spec"].get("onRemoval", "Keep")
    kill_all_of(cluster, "mlp-platform", "app.kubernetes.io/name=tenancy")
    for policy in ("Purge" if before == "Keep" else "Keep", before):
        cluster.kubectl("patch", *tenant, "--type=merge", "-p", f'{{"spec": {{"onRemoval": "{policy}"}}}}')

    def works() -> None:
        found = cluster.get(*tenant)
        ready = next(one for one in found["status"]["conditions"] if one["type"] == "Ready")
        assert ready["status"] == "True", ready
        assert ready["observedGeneration"] == found["metadata"]["generation"], ready

    back("the tenancy controller", works)


@pytest.mark.timeout(300)
def test_kubelet(back: Back, backfill: Backfill, cluster: Cluster, search: Team) -> None:
    running = processes.running(layout().pid_file("kubelet"))
    assert running is not None
    before = {pod["metadata"]["name"] for pod in killing.pods(cluster, search.name, f"dag_id={DAG}")}
    killing.kill({running.pid})

    def works() -> None:
        """A pod starts that didn't run before: nobody else than the kubelet starts any."""
        assert node.state().status == "running"
        assert {pod["metadata"]["name"] for pod in killing.pods(cluster, search.name, f"dag_id={DAG}")} - before

    back("the kubelet", works)


@pytest.mark.timeout(END_SECONDS + 120)
def test_nothing_is_lost_or_doubled(backfill: Backfill, say: Callable[[str], None]) -> None:
    runs = backfill.finish(END_SECONDS)
    days = backfill.days()
    assert {day: run["state"] for day, run in runs.items()} == dict.fromkeys(days, "success")
    once = dict.fromkeys(days, 1)
    assert backfill.objects() == once
    assert backfill.rows() == once
    assert backfill.tracked() == dict.fromkeys(((day, "FINISHED") for day in days), 1)
    say(f"backfill of {len(days)} days under kills: every run succeeded; objects, rows and MLflow runs: one a day")
