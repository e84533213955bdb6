"""Who may do what in a team's namespace: Airflow its pods, the tenancy controller one Secret, tasks nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.kubernetes import objects
from components.platform.contract import Controller
from components.team.names import AIRFLOW, TENANT_KEYS, WORKER

Rule = k8s.rbac.v1.PolicyRuleArgs
CONTROLLER = "tenancy"


@dataclass(frozen=True)
class Account:
    """A service account by namespace and name."""

    namespace: pulumi.Input[str]
    name: pulumi.Input[str]


def airflow_rules() -> list[Rule]:
    """What the KubernetesExecutor does: start a pod for each task, follow it, read its log, remove it."""
    return [
        Rule(api_groups=[""], resources=["pods"], verbs=["create", "delete", "get", "list", "patch", "watch"]),
        Rule(api_groups=[""], resources=["pods/log"], verbs=["get"]),
        Rule(api_groups=[""], resources=["events"], verbs=["list"]),
    ]


def controller_rules() -> list[Rule]:
    """The one Secret that the controller gives the shared tools passwords from."""
    return [Rule(api_groups=[""], resources=["secrets"], resource_names=[TENANT_KEYS], verbs=["get"])]


class Access(pulumi.ComponentResource):
    """Service accounts, Roles and their bindings. `controller` has to be there before the team's Tenant is."""

    controller: k8s.rbac.v1.RoleBinding

    def __init__(
        self,
        name: str,
        namespace: pulumi.Input[str],
        controller: Controller,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("mlplatform:team:Access", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        for account in (AIRFLOW, WORKER):
            k8s.core.v1.ServiceAccount(
                f"{account}-account",
                metadata=objects.metadata(account, label.labels(account, "account"), namespace),
                automount_service_account_token=False,
                opts=child,
            )
        _grant(AIRFLOW, airflow_rules(), Account(namespace, AIRFLOW), namespace, child)
        self.controller = _grant(
            CONTROLLER,
            controller_rules(),
            Account(controller.namespace, controller.service_account),
            namespace,
            child,
        )
        self.register_outputs({})


def _grant(
    name: str,
    rules: Sequence[Rule],
    account: Account,
    namespace: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> k8s.rbac.v1.RoleBinding:
    labels = label.labels(name, "access")
    role = k8s.rbac.v1.Role(
        f"{name}-role", metadata=objects.metadata(name, labels, namespace), rules=list(rules), opts=opts
    )
    return k8s.rbac.v1.RoleBinding(
        f"{name}-binding",
        metadata=objects.metadata(name, labels, namespace),
        role_ref=k8s.rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=role.metadata.name),
        subjects=[k8s.rbac.v1.SubjectArgs(kind="ServiceAccount", name=account.name, namespace=account.namespace)],
        opts=opts,
    )
