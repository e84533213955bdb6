"""Who may do what in a team's namespace: Airflow its pods, the tenancy controller one Secret, tasks what they serve."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.kubernetes import objects
from components.kubernetes.access import Account, Rule, grant
from components.platform.contract import Controller
from components.team.names import AIRFLOW, TENANT_KEYS, WORKER

CONTROLLER = "tenancy"


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


def worker_rules(models: Sequence[str]) -> list[Rule]:
    """A task that packed a model says so to its ModelService, which rolls it out."""
    return [
        Rule(api_groups=[label.GROUP], resources=["modelservices"], resource_names=list(models), verbs=["get", "patch"])
    ]


class Access(pulumi.ComponentResource):
    """Service accounts, Roles and their bindings. `controller` has to be there before the team's Tenant is."""

    controller: k8s.rbac.v1.RoleBinding

    def __init__(
        self,
        name: str,
        namespace: pulumi.Input[str],
        controller: Controller,
        opts: pulumi.ResourceOptions | None = None,
        models: Sequence[str] = (),
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
        own = label.labels(AIRFLOW, "access")
        grant(AIRFLOW, AIRFLOW, own, namespace, airflow_rules(), Account(namespace, AIRFLOW), child)
        if models:
            packs = label.labels(WORKER, "access")
            grant(WORKER, WORKER, packs, namespace, worker_rules(models), Account(namespace, WORKER), child)
        self.controller = grant(
            CONTROLLER,
            CONTROLLER,
            label.labels(CONTROLLER, "access"),
            namespace,
            controller_rules(),
            Account(controller.namespace, controller.service_account),
            child,
        )
        self.register_outputs({})
