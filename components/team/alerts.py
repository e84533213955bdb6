"""Where a team wants its alerts: a ConfigMap, and the right of the platform's Alertmanager to read it."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.kubernetes import objects
from components.kubernetes.access import Account, Rule, grant
from components.platform.contract import ALERTS_ACCOUNT
from components.team.names import ALERT_ROUTE
from components.team.spec import AlertsSpec

WANTED = f"{label.GROUP}/alert-route"
"""Label that says so."""


def route(
    spec: AlertsSpec | None, namespace: pulumi.Input[str], platform_namespace: str, opts: pulumi.ResourceOptions
) -> None:
    """Nothing where nobody is to be told."""
    if spec is None:
        return
    labels = label.labels(ALERT_ROUTE, "alerts")
    k8s.core.v1.ConfigMap(
        ALERT_ROUTE,
        metadata=objects.metadata(ALERT_ROUTE, {**labels, WANTED: "true"}, namespace),
        data={"webhook": spec.webhook},
        opts=opts,
    )
    reading = Rule(api_groups=[""], resources=["configmaps"], resource_names=[ALERT_ROUTE], verbs=["get"])
    grant(ALERT_ROUTE, ALERT_ROUTE, labels, namespace, [reading], Account(platform_namespace, ALERTS_ACCOUNT), opts)
