"""With MLP_KUBE_CONTEXT and MLP_REGISTRY, `mlp` uses a cluster that is there: here the node, as if it were another's.

A second platform, of another checkout with a state of its own, stands beside the first for the time of this test.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import paths
from local.node.config import NodeConfig
from tests.e2e.conftest import Platform
from tests.support.cluster import Cluster
from tests.support.other_checkout import OtherCheckout

PREFIX = "mlp-other"
UP_SECONDS, DOWN_SECONDS = 300, 200
OURS = "namespaces,customresourcedefinitions,clusterroles,clusterrolebindings,validatingadmissionpolicies"


@pytest.fixture
def other(platform: Platform, tmp_path: Path) -> Iterator[OtherCheckout]:
    config = NodeConfig()
    made = OtherCheckout(tmp_path, PREFIX, paths.kubeconfig(), config.name, config.registry)
    foundation = made.spec("local-foundation")
    foundation.write_text(foundation.read_text().replace("base_domain: localhost", "base_domain: other.localhost"))
    # Teams have tests of their own.
    for team in made.spec("local-team-*").parent.glob("local-team-*.yaml"):
        team.unlink()
    try:
        yield made
    finally:
        made.mlp("down", "--yes", seconds=DOWN_SECONDS)


def of_it(cluster: Cluster) -> list[str]:
    """What the cluster has of the second platform outside of namespaces."""
    found = cluster.kubectl("get", OURS, "-o", "name").split()
    return [name for name in found if PREFIX in name]


@pytest.mark.soak
@pytest.mark.timeout(UP_SECONDS + 2 * DOWN_SECONDS)
def test_a_cluster_of_ones_own(other: OtherCheckout, cluster: Cluster, say: Callable[[str], None]) -> None:
    before = cluster.get("customresourcedefinition", "tenants.mlplatform.dev")["metadata"]["uid"]
    up = other.mlp("up", "--yes", seconds=UP_SECONDS).must_succeed()
    assert "NDCG@10" in up.output
    status = json.loads(other.mlp("status", "--json", seconds=60).must_succeed().stdout)
    assert status["cluster"]["kind"] == "external"
    assert all(service["answers"] for service in status["services"])
    (job,) = cluster.items("jobs", "-n", f"{PREFIX}-examples")
    assert job["status"]["succeeded"] == 1
    assert of_it(cluster)
    down = other.mlp("down", "--yes", seconds=DOWN_SECONDS).must_succeed()
    assert not of_it(cluster)
    assert not [item for item in cluster.items("persistentvolumes") if PREFIX in str(item["spec"].get("claimRef"))]
    # The first platform never noticed.
    assert cluster.get("customresourcedefinition", "tenants.mlplatform.dev")["metadata"]["uid"] == before
    say(f"on a cluster of one's own: up with a trained model in {up.seconds:.0f} s, down in {down.seconds:.0f} s")
