"""The tenancy controller: it alone holds the admin keys of the shared tools, and gives each Tenant its part of them."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import kinds, objects, traffic
from components.kubernetes import labels as label
from components.platform import tenancy_access, tenancy_kind, tenancy_pod
from components.platform.tenancy_pod import NAME, Tools


@dataclass(frozen=True)
class TenancyInputs:
    """What the controller needs from others."""

    tools: Tools
    namespace: pulumi.Input[str]
    image: str


class Tenancy(pulumi.ComponentResource):
    """The kind Tenant, and the Deployment that looks after its objects, with its rights and network policy."""

    controller: k8s.apps.v1.Deployment

    def __init__(self, name: str, inputs: TenancyInputs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:platform:Tenancy", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = label.labels(NAME, "controller"), label.selector(NAME, "controller")
        kind = kinds.kind(
            f"{name}-kind",
            kinds.Kind(
                tenancy_kind.KIND,
                tenancy_kind.PLURAL,
                tenancy_kind.VERSION,
                tenancy_kind.schema(),
                tenancy_kind.columns(),
            ),
            labels,
            child,
        )
        rights = tenancy_access.rights(labels, inputs.namespace, inputs.tools.secrets, child)
        self.controller = k8s.apps.v1.Deployment(
            f"{name}-controller",
            metadata=objects.metadata(NAME, labels, inputs.namespace),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=1,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector),
                # Never two: they would do everything twice.
                strategy=k8s.apps.v1.DeploymentStrategyArgs(type="Recreate"),
                template=tenancy_pod.template(labels, inputs.image, tenancy_pod.settings(inputs.tools)),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[kind, *rights]),
        )
        traffic.allow(
            NAME,
            f"{name}-traffic",
            inputs.namespace,
            selector,
            child,
            out=([], [traffic.tcp(port) for port in ports(inputs.tools)]),
        )
        self.register_outputs({"controller": self.controller.metadata.name})


def ports(tools: Tools) -> list[int]:
    """Where it goes: the tools and the API server."""
    urls = (tools.contract.object_store.endpoint, tools.tracking_uri, tools.repositories_uri, tools.features_uri)
    return sorted({*traffic.API_PORTS, tools.contract.database.port, *(traffic.port_of(url) for url in urls)})
