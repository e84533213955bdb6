"""`mlp up` with nothing changed says so, changes nothing and is quick."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.conftest import Platform
from tests.support.beside import Beside
from tests.support.cluster import Cluster
from tests.support.commands import mlp

SECONDS = 60


@pytest.mark.timeout(600)
def test_all_that_went_on_beside_the_tests_ended_well(beside: Beside, say: Callable[[str], None]) -> None:
    for name, error in beside.failures().items():
        say(f"flaky, beside the tests: {name}: {error}")
    beside.repeat()


def versions(cluster: Cluster) -> dict[str, str]:
    """The generation of every object that the stacks made: it counts changes of what is wanted."""
    found = cluster.items("deployments,statefulsets,services,ingresses,secrets,configmaps", "-A")
    return {
        f"{item['kind']} {item['metadata'].get('namespace')}/{item['metadata']['name']}": str(
            item["metadata"].get("generation", item["metadata"]["resourceVersion"])
        )
        for item in found
        if item["metadata"].get("namespace", "").startswith(("mlp-", "team-"))
    }


@pytest.mark.timeout(300)
def test_nothing_changed_is_seen_in_a_minute(platform: Platform, cluster: Cluster, say: Callable[[str], None]) -> None:
    before, ran = versions(cluster), mlp("up", "--yes", seconds=240).must_succeed()
    if versions(cluster) != before:
        # Tests before had left something to put right.
        before, ran = versions(cluster), mlp("up", "--yes", seconds=240).must_succeed()
    assert versions(cluster) == before
    say(f"nothing changed: {ran.seconds:.1f} s, promised {SECONDS} s")
    assert ran.seconds < SECONDS
