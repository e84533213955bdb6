"""The rules hold for what runs too: also for what controllers, schedulers and people made, which no preview shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from policies.catalog import RULES
from policies.resource import Resource
from policies.rule import Rule, StackRule
from policies.tenancy import team
from tests.e2e.conftest import Teams
from tests.support import members
from tests.support.cluster import Cluster
from tests.support.rules import found

NAMESPACED = (
    "pods",
    "deployments",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
    "configmaps",
    "persistentvolumeclaims",
    "resourcequotas",
    "networkpolicies",
    "roles",
    "rolebindings",
)
OF_THE_CLUSTER = ("namespaces", "clusterroles", "clusterrolebindings")
OURS = "app.kubernetes.io/part-of=mlplatform"


@pytest.fixture(scope="module")
def live(cluster: Cluster, teams: Teams) -> list[Resource]:
    """What is in the namespaces of platform, foundation and teams, and ours of the cluster; not what is the node's."""
    shared = cluster.items(",".join(OF_THE_CLUSTER), "-l", OURS)
    spaces = {one["metadata"]["name"] for one in shared if one["kind"] == "Namespace"}
    inside = [one for one in cluster.items(",".join(NAMESPACED), "-A") if one["metadata"]["namespace"] in spaces]
    # Tests of isolation make somebody who may do anything in a team's namespace: that isn't the platform's.
    return [seen(one) for one in (*shared, *inside) if not one["metadata"]["name"].startswith(members.NAME)]


def seen(manifest: dict[str, Any]) -> Resource:
    """An object as a rule sees it."""
    version = manifest["apiVersion"]
    kind = f"kubernetes:{version if '/' in version else f'core/{version}'}:{manifest['kind']}"
    return Resource(kind, manifest["metadata"]["name"], manifest)


def stacks(live: Sequence[Resource]) -> list[list[Resource]]:
    """A team each: its namespace and what is in it."""
    return [
        [space, *(one for one in live if one.namespace == space.metadata["name"])] for space in team.namespaces(live)
    ]


def test_pods_of_platform_and_teams_are_among_them(live: list[Resource], teams: Teams) -> None:
    spaces = {one.namespace for one in live if one.kind == "Pod"}
    assert {"mlp-foundation", "mlp-platform", teams.search, teams.recsys} <= spaces


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_runs_keeps_to_it(rule: Rule | StackRule, live: list[Resource]) -> None:
    # Of a rule about single resources, each by itself, to say where it is.
    groups = [[one] for one in live] if isinstance(rule, Rule) else stacks(live)
    assert [f"{group[0].namespace}: {what}" for group in groups for what in found(rule, group)] == []
