from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local import paths
from local.problem import Problem
from mlp import room
from mlp.target import Target
from tests.doubles.api_server import ApiServer

NODE = Target()


def pod(cpu: str, memory: str, restarts: str = "Always", namespace: str = "team-recsys") -> dict[str, Any]:
    asks = {"resources": {"requests": {"cpu": cpu, "memory": memory}}}
    spec = {"restartPolicy": restarts, "containers": [{"name": "a", **asks}, {"name": "b"}]}
    return {"metadata": {"namespace": namespace}, "spec": spec}


@pytest.fixture
def node(api: ApiServer, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> ApiServer:
    """The embedded node, of 2 cores and 8 GiB."""
    monkeypatch.delenv("MLP_KUBE_CONTEXT")
    paths.kubeconfig().parent.mkdir(parents=True, exist_ok=True)
    # Its context is the one that the foundation's spec names.
    paths.kubeconfig().write_text(api.kubeconfig.replace("double", "mlplatform"))
    api.reply("GET", "/api/v1/nodes", {"items": [{"status": {"allocatable": {"cpu": "2", "memory": "8388608Ki"}}}]})
    return api


def holds(node: ApiServer, *pods: dict[str, Any]) -> None:
    node.reply("GET", "/api/v1/pods", {"items": list(pods)})


def test_teams_that_fit(node: ApiServer) -> None:
    holds(node, pod("1500m", "4Gi"))
    room.require(["search", "recsys"], NODE)


@pytest.mark.parametrize("there", [pod("1950m", "1Gi"), pod("100m", "7Gi")])
def test_a_team_that_does_not_fit_is_refused(node: ApiServer, there: dict[str, Any]) -> None:
    holds(node, there)
    said = r"no place for search: the pods ask for 0\.1\d cores and 1\.\d GiB; .* are free"
    with pytest.raises(Problem, match=said) as caught:
        room.require(["search"], NODE)
    assert "lower `resources` in stacks/local-team-search.yaml" in caught.value.fix


def test_what_runs_to_its_end_takes_no_place(node: ApiServer) -> None:
    holds(node, pod("1950m", "7Gi", "Never"), pod("1950m", "7Gi", "OnFailure"))
    room.require(["search"], NODE)


def test_what_was_made_of_the_team_already_is_counted_once(node: ApiServer) -> None:
    holds(node, pod("1950m", "7Gi", namespace="team-search"))
    room.require(["search"], NODE)


def test_no_new_team_and_other_clusters_are_not_looked_at(node: ApiServer) -> None:
    room.require([], NODE)
    room.require(["search"], Target("double", "127.0.0.1:9"))
    assert not node.asked
