"""What the tenancy controller may do: read the Secrets of the tools' admins, and look after Tenants. Nothing else.

The one Secret with a team's passwords is for the team's own stack to let it read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pulumi
import pulumi_kubernetes as k8s

from components.foundation.contract import SecretReference
from components.kubernetes import objects
from components.kubernetes.access import API_GROUP, Account, Rule, grant
from components.kubernetes.labels import GROUP
from components.platform.tenancy_kind import PLURAL
from components.platform.tenancy_pod import ACCOUNT, NAME


def cluster_rules() -> list[Rule]:
    """Tenants of every namespace, and what is told about them."""
    return [
        Rule(api_groups=[GROUP], resources=[PLURAL], verbs=["get", "list", "watch", "patch"]),
        Rule(
            api_groups=[GROUP], resources=[f"{PLURAL}/status", f"{PLURAL}/finalizers"], verbs=["get", "patch", "update"]
        ),
        Rule(api_groups=[""], resources=["events"], verbs=["create", "patch"]),
    ]


def by_namespace(secrets: Iterable[SecretReference]) -> dict[str, list[str]]:
    """The names of the Secrets in each namespace."""
    found: dict[str, list[str]] = {}
    for secret in secrets:
        found.setdefault(secret.namespace, []).append(secret.name)
    return {namespace: sorted(set(names)) for namespace, names in sorted(found.items())}


def rights(
    labels: Mapping[str, str],
    namespace: pulumi.Input[str],
    secrets: Iterable[SecretReference],
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """The service account and all its rights.

    Args:
        labels: Of everything.
        namespace: Where the controller runs.
        secrets: What it may read, wherever that is.
        opts: Of everything.
    """
    account = k8s.core.v1.ServiceAccount(
        f"{NAME}-account",
        metadata=objects.metadata(ACCOUNT, labels, namespace),
        automount_service_account_token=False,
        opts=opts,
    )
    controller = Account(namespace, account.metadata.name)
    wide = k8s.rbac.v1.ClusterRole(
        f"{NAME}-tenants", metadata=objects.metadata("mlplatform-tenancy", labels), rules=cluster_rules(), opts=opts
    )
    made: list[pulumi.Resource] = [
        account,
        wide,
        k8s.rbac.v1.ClusterRoleBinding(
            f"{NAME}-tenants-binding",
            metadata=objects.metadata("mlplatform-tenancy", labels),
            role_ref=k8s.rbac.v1.RoleRefArgs(api_group=API_GROUP, kind="ClusterRole", name=wide.metadata.name),
            subjects=controller.subjects,
            opts=opts,
        ),
    ]
    for space, names in by_namespace(secrets).items():
        reading = Rule(api_groups=[""], resources=["secrets"], resource_names=names, verbs=["get"])
        made.append(grant(f"{NAME}-{space}-secrets", NAME, labels, space, [reading], controller, opts))
    return made
