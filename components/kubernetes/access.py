"""What a service account may do in one namespace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.objects import metadata

Rule = k8s.rbac.v1.PolicyRuleArgs
API_GROUP = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Account:
    """A service account by namespace and name."""

    namespace: pulumi.Input[str]
    name: pulumi.Input[str]

    @property
    def subjects(self) -> list[k8s.rbac.v1.SubjectArgs]:
        """Of a binding."""
        return [k8s.rbac.v1.SubjectArgs(kind="ServiceAccount", name=self.name, namespace=self.namespace)]


def grant(
    resource_name: str,
    name: str,
    labels: Mapping[str, str],
    namespace: pulumi.Input[str],
    rules: Sequence[Rule],
    account: Account,
    opts: pulumi.ResourceOptions,
) -> k8s.rbac.v1.RoleBinding:
    """A Role and its binding, both of one name. Whoever waits for the binding has the Role too."""
    role = k8s.rbac.v1.Role(
        f"{resource_name}-role", metadata=metadata(name, labels, namespace), rules=list(rules), opts=opts
    )
    return k8s.rbac.v1.RoleBinding(
        f"{resource_name}-binding",
        metadata=metadata(name, labels, namespace),
        role_ref=k8s.rbac.v1.RoleRefArgs(api_group=API_GROUP, kind="Role", name=role.metadata.name),
        subjects=account.subjects,
        opts=opts,
    )


def grant_everywhere(
    resource_name: str,
    name: str,
    labels: Mapping[str, str],
    rules: Sequence[Rule],
    account: Account,
    opts: pulumi.ResourceOptions,
) -> k8s.rbac.v1.ClusterRoleBinding:
    """A ClusterRole and its binding, both of one name: the rules hold in every namespace."""
    role = k8s.rbac.v1.ClusterRole(resource_name, metadata=metadata(name, labels), rules=list(rules), opts=opts)
    return k8s.rbac.v1.ClusterRoleBinding(
        f"{resource_name}-binding",
        metadata=metadata(name, labels),
        role_ref=k8s.rbac.v1.RoleRefArgs(api_group=API_GROUP, kind="ClusterRole", name=role.metadata.name),
        subjects=account.subjects,
        opts=opts,
    )
