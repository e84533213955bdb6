"""What Grafana signs in to the team's database with, where it runs: the one Secret of the team that it may read."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.kubernetes import objects
from components.kubernetes.access import Account, Rule, grant
from components.platform.contract import GRAFANA_ACCOUNT, PlatformContract
from components.team.spec import TeamSpec

NAME = "grafana-database"


def values(spec: TeamSpec, platform: PlatformContract, password: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    """The team's own role: whoever may use Grafana may see what the team sees."""
    server = platform.foundation.database
    return {
        "host": f"{server.host}:{server.port}",
        "database": spec.id,
        "user": spec.id,
        "password": password,
        "sslmode": server.ssl_mode,
    }


def grafana_source(
    spec: TeamSpec,
    platform: PlatformContract,
    namespace: pulumi.Input[str],
    password: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> k8s.rbac.v1.RoleBinding:
    """The Secret, and Grafana's right to read it."""
    labels = label.labels(NAME, "dashboards")
    made = objects.secret(NAME, labels, namespace, values(spec, platform, password), opts)
    rules = [Rule(api_groups=[""], resources=["secrets"], resource_names=[made.metadata.name], verbs=["get"])]
    return grant(NAME, NAME, labels, namespace, rules, Account(platform.namespace, GRAFANA_ACCOUNT), opts)
