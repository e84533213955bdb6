"""The serving controller: it scales, tries and routes the models that teams declare as ModelServices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.foundation.contract import Contract
from components.kubernetes import kinds, objects, pods, traffic
from components.kubernetes import labels as label
from components.kubernetes.access import Account, Rule, grant, grant_everywhere
from components.kubernetes.labels import GROUP
from components.platform import serving_kind, serving_pod
from components.platform.contract import MODEL_PORT
from components.platform.serving_kind import PLURAL
from components.platform.serving_pod import ACCOUNT, METRICS_PORT, NAME, PORT


@dataclass(frozen=True)
class ServingInputs:
    """What the controller needs from others."""

    contract: Contract
    namespace: pulumi.Input[str]
    image: str


def cluster_rules() -> list[Rule]:
    """ModelServices of every namespace, and what is told about them. What is made for one, its team lets it make."""
    return [
        Rule(api_groups=[GROUP], resources=[PLURAL], verbs=["get", "list", "watch"]),
        Rule(api_groups=[GROUP], resources=[f"{PLURAL}/status"], verbs=["get", "patch"]),
        Rule(api_groups=[""], resources=["events"], verbs=["create"]),
    ]


def own_rules() -> list[Rule]:
    """Whose turn it is. Making a Lease can't be bound to a name."""
    return [
        Rule(api_groups=["coordination.k8s.io"], resources=["leases"], verbs=["create"]),
        Rule(api_groups=["coordination.k8s.io"], resources=["leases"], resource_names=[NAME], verbs=["get", "patch"]),
    ]


class Serving(pulumi.ComponentResource):
    """The kind ModelService, and the Deployment that looks after its objects, with its rights and network policies."""

    controller: k8s.apps.v1.Deployment

    def __init__(self, name: str, inputs: ServingInputs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:platform:Serving", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = label.labels(NAME, "controller"), label.selector(NAME, "controller")
        kind = kinds.kind(
            f"{name}-kind",
            kinds.Kind(
                serving_kind.KIND,
                serving_kind.PLURAL,
                serving_kind.VERSION,
                serving_kind.schema(),
                serving_kind.columns(),
                short=("ms",),
            ),
            labels,
            child,
        )
        account = k8s.core.v1.ServiceAccount(
            f"{name}-account",
            metadata=objects.metadata(ACCOUNT, labels, inputs.namespace),
            automount_service_account_token=False,
            opts=child,
        )
        controller = Account(inputs.namespace, account.metadata.name)
        rights = [
            grant_everywhere(f"{name}-services", "mlplatform-serving", labels, cluster_rules(), controller, child),
            grant(f"{name}-lease", NAME, labels, inputs.namespace, own_rules(), controller, child),
        ]
        self.controller = k8s.apps.v1.Deployment(
            f"{name}-controller",
            metadata=objects.metadata(NAME, labels, inputs.namespace),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=1,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector),
                # The next one is there before this one goes; one steers at a time, by a lease.
                strategy=pods.one_more_first(),
                template=serving_pod.template(labels, inputs.image, serving_pod.settings(inputs.contract)),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[kind, *rights]),
        )
        objects.service(name, labels, inputs.namespace, selector, PORT, child, {"metrics": METRICS_PORT})
        _network(name, inputs, selector, child)
        self.register_outputs({"controller": self.controller.metadata.name})


def _network(name: str, inputs: ServingInputs, selector: Mapping[str, str], opts: pulumi.ResourceOptions) -> None:
    """Requests come by the ingress controller and from pods of teams; it goes to model pods and the API server."""
    people = traffic.addresses(inputs.contract.ingress.source_ranges)
    traffic.allow(
        NAME,
        f"{name}-traffic",
        inputs.namespace,
        selector,
        opts,
        into=([traffic.platform_pods(), *people], [traffic.tcp(PORT)]),
        out=([], [traffic.tcp(port) for port in (*traffic.API_PORTS, MODEL_PORT)]),
    )
