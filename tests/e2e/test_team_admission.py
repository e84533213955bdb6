"""Only images of our registry by digest run in a team's namespace, whoever asks and in whatever list they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Teams
from tests.support import pods
from tests.support.cluster import Cluster
from tests.support.pipelines import DAGS
from tests.support.pods import container, pod
from tests.support.teams import open_team

NAME = "e2e-admission"
DIGEST = "sha256:" + "0" * 64
FIX = "fix: use "
Spec = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def image(teams: Teams, cluster: Cluster) -> str:
    """One that may run."""
    return pods.image_of(cluster, teams.recsys)


def others(image: str) -> dict[str, str]:
    """Images that mustn't run, each nearly right."""
    name, digest = image.split("@")
    registry, rest = name.split("/", 1)
    return {
        "by-tag": f"{name}:latest",
        "by-nothing": name,
        "by-tag-and-digest": f"{name}:latest@{digest}",
        "of-another-registry": f"docker.io/{rest}@{digest}",
        "of-a-registry-that-begins-alike": f"{registry}.example/{rest}@{digest}",
        "of-another-project": f"{registry}/library/busybox@{DIGEST}",
        "of-a-folder-below": f"{registry}/mlplatform/other/{rest.rpartition('/')[2]}@{digest}",
        "of-a-path-around": f"{registry}/mlplatform/../other@{digest}",
    }


@pytest.mark.timeout(30, func_only=True)
@pytest.mark.parametrize("which", others("registry:5000/mlplatform/airflow@sha256:0"))
def test_other_images_are_refused(which: str, teams: Teams, cluster: Cluster, image: str) -> None:
    wrong = others(image)[which]
    said = refusal(cluster, pod(teams.recsys, NAME, [container(wrong)]))
    assert wrong in said
    assert FIX in said


@pytest.mark.timeout(30, func_only=True)
@pytest.mark.parametrize("containers", ["second", "init"])
def test_in_every_list(containers: str, teams: Teams, cluster: Cluster, image: str) -> None:
    wrong = container(others(image)["by-tag"], "other")
    spoilt = (
        pod(teams.recsys, NAME, [container(image), wrong])
        if containers == "second"
        else pod(teams.recsys, NAME, [container(image)], initContainers=[wrong])
    )
    assert FIX in refusal(cluster, spoilt)


@pytest.mark.timeout(30, func_only=True)
def test_not_as_a_volume(teams: Teams, cluster: Cluster, image: str) -> None:
    volume = {"name": "files", "image": {"reference": "docker.io/library/busybox:1"}}
    said = refusal(cluster, pod(teams.recsys, NAME, [container(image)], volumes=[volume]))
    assert FIX in said


@pytest.fixture
def sleeping(teams: Teams, cluster: Cluster, image: str) -> Iterator[dict[str, Any]]:
    """A pod that runs."""
    sleeper = pod(teams.recsys, NAME, [container(image, command=["sleep", "60"])], terminationGracePeriodSeconds=0)
    cluster.kubectl("create", "-f", "-", given=json.dumps(sleeper))
    try:
        yield cluster.get("pod", "-n", teams.recsys, NAME)
    finally:
        cluster.kubectl("delete", "pod", "-n", teams.recsys, NAME, "--wait=false")


@pytest.mark.timeout(60, func_only=True)
def test_not_into_a_pod_that_runs(sleeping: dict[str, Any], teams: Teams, cluster: Cluster, image: str) -> None:
    at = f"/api/v1/namespaces/{teams.recsys}/pods/{NAME}/ephemeralcontainers"

    def debugged(by: str) -> str:
        # Resources of an ephemeral container can't be said.
        extra = {key: value for key, value in container(by, "debug").items() if key != "resources"}
        # Without its version: the pod's status changes all the time.
        metadata = {key: value for key, value in sleeping["metadata"].items() if key != "resourceVersion"}
        spec = {**sleeping["spec"], "ephemeralContainers": [extra]}
        return json.dumps({**sleeping, "metadata": metadata, "spec": spec})

    with pytest.raises(AssertionError, match=FIX):
        cluster.kubectl("replace", "--raw", at, "-f", "-", given=debugged(others(image)["by-tag"]))
    # The same, right.
    cluster.kubectl("replace", "--raw", at, "-f", "-", given=debugged(image))


@pytest.mark.timeout(30, func_only=True)
def test_a_pods_image_stays_ours(sleeping: dict[str, Any], teams: Teams, cluster: Cluster, image: str) -> None:
    patch = json.dumps({"spec": {"containers": [{"name": "main", "image": others(image)["by-tag"]}]}})
    with pytest.raises(AssertionError, match=FIX):
        cluster.kubectl("patch", "pod", "-n", teams.recsys, NAME, "-p", patch)


@pytest.mark.timeout(60, func_only=True)
def test_every_image_that_we_built_is_taken(teams: Teams, cluster: Cluster) -> None:
    running = [item for team in (teams.search, teams.recsys) for item in cluster.items("pods", "-n", team)]
    images = {one["image"] for item in running for one in item["spec"]["containers"]}
    assert len(images) >= 2
    for one in images:
        dry_run(cluster, pod(teams.recsys, NAME, [container(one)], initContainers=[container(one, "before")]))


@pytest.mark.timeout(30, func_only=True)
@pytest.mark.parametrize("namespace", ["mlp-platform", "mlp-foundation", "kube-system"])
def test_other_namespaces_are_left_alone(namespace: str, teams: Teams, cluster: Cluster, image: str) -> None:
    dry_run(cluster, pod(namespace, NAME, [container(others(image)["by-tag"])]))


@pytest.mark.timeout(240, func_only=True)
def test_a_task_that_asks_for_another_image_fails_and_says_why(teams: Teams, cluster: Cluster, ingress: str) -> None:
    team = open_team(cluster, teams.recsys, ingress)
    pipelines = team.pipelines
    pipelines.push(DAGS / "overridden").must_succeed()
    run = pipelines.run("overridden", seconds=90)
    assert run.state == "failed"
    assert pipelines.tasks("overridden", run.id)["other"]["state"] == "failed"
    events = pipelines.airflow.get("/eventLogs", dag_id="overridden", run_id=run.id, limit=100)["event_logs"]
    told = [event["extra"] for event in events if "busybox" in str(event["extra"])]
    assert any("by digest" in text for text in told), f"Airflow's events don't say why: {events}"


def refusal(cluster: Cluster, manifest: dict[str, Any]) -> str:
    """What the API server says when it refuses a pod."""
    with pytest.raises(AssertionError) as told:
        dry_run(cluster, manifest)
    return str(told.value)


def dry_run(cluster: Cluster, manifest: dict[str, Any]) -> None:
    """All of the admission, and no pod."""
    cluster.kubectl("create", "--dry-run=server", "-f", "-", given=json.dumps(manifest))
