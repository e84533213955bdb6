"""What the tenancy controller may do: read the Secrets of the tools' admins, and look after Tenants. Nothing else.

The one Secret with a team's passwords is for the team's own stack to let it read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pulumi
import pulumi_kubernetes as k8s

from components.foundation.contract import SecretReference
from components.kubernetes import objects
from components.kubernetes.labels import GROUP
from components.platform.tenancy_kind import PLURAL
from components.platform.tenancy_pod import ACCOUNT, NAME

Rule = k8s.rbac.v1.PolicyRuleArgs


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


def _bound(account: k8s.core.v1.ServiceAccount, namespace: pulumi.Input[str]) -> list[k8s.rbac.v1.SubjectArgs]:
    return [k8s.rbac.v1.SubjectArgs(kind="ServiceAccount", name=account.metadata.name, namespace=namespace)]


def grant(
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
    subjects = _bound(account, namespace)
    wide = k8s.rbac.v1.ClusterRole(
        f"{NAME}-tenants", metadata=objects.metadata("mlplatform-tenancy", labels), rules=cluster_rules(), opts=opts
    )
    made: list[pulumi.Resource] = [
        account,
        wide,
        k8s.rbac.v1.ClusterRoleBinding(
            f"{NAME}-tenants-binding",
            metadata=objects.metadata("mlplatform-tenancy", labels),
            role_ref=k8s.rbac.v1.RoleRefArgs(
                api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=wide.metadata.name
            ),
            subjects=subjects,
            opts=opts,
        ),
    ]
    for space, names in by_namespace(secrets).items():
        role = k8s.rbac.v1.Role(
            f"{NAME}-{space}-secrets",
            metadata=objects.metadata(NAME, labels, space),
            rules=[Rule(api_groups=[""], resources=["secrets"], resource_names=names, verbs=["get"])],
            opts=opts,
        )
        binding = k8s.rbac.v1.RoleBinding(
            f"{NAME}-{space}-secrets-binding",
            metadata=objects.metadata(NAME, labels, space),
            role_ref=k8s.rbac.v1.RoleRefArgs(
                api_group="rbac.authorization.k8s.io", kind="Role", name=role.metadata.name
            ),
            subjects=subjects,
            opts=opts,
        )
        made += [role, binding]
    return made
