"""A team's Tenant on the cluster: what becomes of its data when it goes."""

from __future__ import annotations

from typing import Any

import kubernetes
from kubernetes.client.exceptions import ApiException

from components.kubernetes.labels import GROUP
from components.platform.tenancy_kind import PLURAL, VERSION
from components.team.tenant import ON_REMOVAL
from mlp import cluster, teams
from mlp.target import Target

KEEP, PURGE = ON_REMOVAL["keep"], ON_REMOVAL["purge"]


def on_removal(team: str, where: Target) -> str | None:
    """`Keep` or `Purge`, as it is in force; None where there is no Tenant.

    Raises:
        Problem: The cluster doesn't answer.
    """
    name = teams.id_of(team)
    with cluster.client(where) as api:
        try:
            found: Any = kubernetes.client.CustomObjectsApi(api).get_namespaced_custom_object(
                GROUP, VERSION, name, PLURAL, name
            )
        except ApiException as error:
            if error.status == 404:
                return None
            raise
    return str(found["spec"].get("onRemoval", KEEP))


def set_purge(team: str, where: Target) -> None:
    """Have its data removed with it.

    Raises:
        Problem: The cluster doesn't answer, or there is no Tenant.
    """
    name = teams.id_of(team)
    with cluster.client(where) as api:
        kubernetes.client.CustomObjectsApi(api).patch_namespaced_custom_object(
            GROUP, VERSION, name, PLURAL, name, {"spec": {"onRemoval": PURGE}}
        )
