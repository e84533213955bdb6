"""A team in one command: there in the promised time, its pipelines run, have versions and logs, and it costs little."""

from __future__ import annotations

import re
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from mlp import teams as mlp_teams
from tests.e2e.conftest import Platform
from tests.support import accounting, killing
from tests.support.beside import Beside
from tests.support.cluster import Cluster
from tests.support.commands import Ran, mlp
from tests.support.passing import FIVE, SWIFT, purge_all
from tests.support.pipelines import DAGS, Pipelines, Run
from tests.support.teams import open_team

ANSWER_SECONDS, FIRST_RUN_SECONDS, FIVE_SECONDS = 45, 90, 240
VERSION_SECONDS, THREE_TASKS_SECONDS = 15, 20
TEAM_MEMORY, TEAM_CORES = 1.1 * 2**30, 0.1
SETTLE_SECONDS, MEASURE_SECONDS = 30, 20
HELLO = "hello"
TASKS = ("first", "second", "third")
DIGEST = re.compile(r"[^@]+@sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Added:
    """A new team and what became of its first minutes."""

    ran: Ran
    """`mlp team add`."""
    pipelines: Pipelines
    project: Path
    """The folder that is pushed, to be changed."""
    pushed: Ran
    """The first push."""
    first: Run
    """The first run."""
    seconds: float
    """From `mlp team add` to the end of the first run."""


@pytest.fixture(scope="module")
def added(platform: Platform, beside: Beside, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Added]:
    purge_all((SWIFT,))
    project = tmp_path_factory.mktemp("pushed") / HELLO
    shutil.copytree(DAGS / HELLO, project)
    try:
        start = time.monotonic()
        ran = mlp("team", "add", SWIFT, "--yes", seconds=FIVE_SECONDS).must_succeed()
        pipelines = Pipelines.of(SWIFT)
        assert pipelines.airflow.answers() == ""
        pushed = pipelines.push(project).must_succeed()
        first = pipelines.run(HELLO)
        yield Added(ran, pipelines, project, pushed, first, time.monotonic() - start)
    finally:
        beside.begin(f"{SWIFT} removed", lambda: purge_all((SWIFT,)))


@pytest.fixture(scope="module")
def again(added: Added) -> tuple[Ran, Run]:
    """The second push, of a changed DAG, and the first run after it."""
    dag = added.project / "dag.py"
    dag.write_text(dag.read_text().replace('"""Add one, twice."""', '"""Add one, and one more."""'))
    return added.pipelines.push(added.project).must_succeed(), added.pipelines.run(HELLO)


@pytest.mark.timeout(FIVE_SECONDS + 300)
def test_answers_and_runs_in_time(added: Added, say: Callable[[str], None]) -> None:
    say(f"team add: Airflow answers after {added.ran.seconds:.1f} s, promised {ANSWER_SECONDS} s")
    say(f"team add: first DAG run has succeeded after {added.seconds:.1f} s, promised {FIRST_RUN_SECONDS} s")
    assert added.first.state == "success"
    assert added.ran.seconds < ANSWER_SECONDS
    assert added.seconds < FIRST_RUN_SECONDS


@pytest.mark.timeout(300)
def test_a_new_version_is_scheduled_in_time(again: tuple[Ran, Run], say: Callable[[str], None]) -> None:
    pushed, run = again
    say(f"dag push: new version in Airflow after {pushed.seconds:.1f} s, promised {VERSION_SECONDS} s")
    assert run.state == "success"
    assert run.versions == (2,)
    assert pushed.seconds < VERSION_SECONDS


@pytest.mark.timeout(60)
def test_versions_are_visible(added: Added, again: tuple[Ran, Run]) -> None:
    old, new = added.pipelines.versions(HELLO)
    assert (old["version_number"], new["version_number"]) == (1, 2)
    assert re.fullmatch(r"[0-9a-f]{40}", old["bundle_version"])
    assert re.fullmatch(r"[0-9a-f]{40}", new["bundle_version"])
    assert old["bundle_version"] != new["bundle_version"]
    # The run from before the second push is still told as what it was.
    (version,) = added.pipelines.status(HELLO, added.first.id)["dag_versions"]
    assert version["id"] == old["id"]


@pytest.mark.timeout(200)
def test_three_tasks_run_quickly(added: Added, again: tuple[Ran, Run], say: Callable[[str], None]) -> None:
    runs = [again[1], *(added.pipelines.run(HELLO) for _ in range(2))]
    seconds = [run.seconds for run in runs]
    say(f"three-task DAG: {median(seconds):.1f} s ({min(seconds):.1f} to {max(seconds):.1f}), promised 20 s")
    assert {run.state for run in runs} == {"success"}
    assert median(seconds) < THREE_TASKS_SECONDS


@pytest.mark.timeout(120)
def test_a_log_outlives_its_pod(added: Added, cluster: Cluster, ingress: str) -> None:
    team = open_team(cluster, mlp_teams.id_of(SWIFT), ingress)
    end = time.monotonic() + 30
    while cluster.items("pods", "-n", team.name, "-l", f"dag_id={HELLO}"):
        assert time.monotonic() < end, "pods of tasks that ended are still there"
        time.sleep(1)
    for task, said in zip(TASKS, ("value was: 1", "value was: 2", "hello: 3"), strict=True):
        added.pipelines.log(HELLO, added.first.id, task, said)
    with team.account.client() as s3:
        kept = s3.list_objects_v2(Bucket=team.name, Prefix="airflow/logs/")["Contents"]
    assert any(added.first.id in entry["Key"] and "third" in entry["Key"] for entry in kept)


@pytest.mark.timeout(60)
def test_metrics_are_there_by_dag_and_task(added: Added, cluster: Cluster) -> None:
    spec = cluster.get("service", "-n", mlp_teams.id_of(SWIFT), "airflow")["spec"]
    port = next(port["port"] for port in spec["ports"] if port["name"] == "metrics")
    with urllib.request.urlopen(f"http://{spec['clusterIP']}:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    # From a task's pod, from the scheduler, from the dag-processor.
    finished = (
        r'^airflow_ti_finish\{(?=[^}]*dag_id="hello")(?=[^}]*task_id="third")(?=[^}]*state="success")[^}]*\} [1-9]'
    )
    assert re.search(finished, text, re.MULTILINE)
    assert re.search(r'^airflow_dagrun_duration_success_count\{[^}]*dag_id="hello"[^}]*\} [1-9]', text, re.MULTILINE)
    assert re.search(r"^airflow_dagbag_size\S* [1-9]", text, re.MULTILINE)


@pytest.mark.timeout(150)
def test_pods_of_tasks_are_bounded_and_run_by_digest(added: Added, cluster: Cluster) -> None:
    added.pipelines.push(DAGS / "slow").must_succeed()
    run, end = added.pipelines.trigger("slow", seconds=8), time.monotonic() + 60
    while not (found := killing.pods(cluster, mlp_teams.id_of(SWIFT), "dag_id=slow")):
        assert time.monotonic() < end, "no pod of the task runs"
        time.sleep(0.5)
    (pod,) = found
    assert pod["spec"]["automountServiceAccountToken"] is False
    for container in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]:
        assert DIGEST.fullmatch(container["image"]), container["image"]
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]
    while added.pipelines.status("slow", run)["state"] != "success":
        assert time.monotonic() < end + 30
        time.sleep(1)


@pytest.mark.timeout(90)
def test_what_does_not_import_is_refused_with_the_error(added: Added, cluster: Cluster, ingress: str) -> None:
    repositories = open_team(cluster, mlp_teams.id_of(SWIFT), ingress).repositories
    before = repositories.head(mlp_teams.id_of(SWIFT))
    ran = added.pipelines.push(DAGS / "broken")
    assert ran.code == 1
    for word in ("dags/broken/dag.py", "ModuleNotFoundError", "a_module_that_is_nowhere", "fix"):
        assert word in ran.output, f"{word!r} isn't in\n{ran.output}"
    assert "Traceback (most recent call last)" not in ran.output
    assert repositories.head(mlp_teams.id_of(SWIFT)) == before


@pytest.mark.timeout(3 * FIVE_SECONDS)
def test_five_at_once_in_time_and_what_each_costs(added: Added, beside: Beside, say: Callable[[str], None]) -> None:
    purge_all(FIVE)
    time.sleep(SETTLE_SECONDS / 3)
    before = accounting.measure(MEASURE_SECONDS)
    try:
        ran = mlp("team", "add", *FIVE, "--yes", seconds=2 * FIVE_SECONDS).must_succeed()
        say(f"five teams at once: {ran.seconds:.0f} s, promised {FIVE_SECONDS} s")
        for name in FIVE:
            assert Pipelines.of(name).airflow.get("/dags") == {"dags": [], "total_entries": 0}
        time.sleep(SETTLE_SECONDS)
        after = accounting.measure(MEASURE_SECONDS)
    finally:
        beside.begin("five removed", lambda: purge_all(FIVE))
    memory, cores = (after.memory - before.memory) / len(FIVE), (after.cores - before.cores) / len(FIVE)
    say(
        f"one more team: {memory / 2**20:.0f} MiB, {cores:.3f} core idle (a fifth of five); promised 1126 MiB, 0.1 core"
    )
    assert ran.seconds < FIVE_SECONDS
    assert 200 * 2**20 < memory < TEAM_MEMORY
    assert 0.001 < cores < TEAM_CORES
