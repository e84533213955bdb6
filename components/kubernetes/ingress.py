"""How people reach a tool from outside of the cluster."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.objects import metadata


def route(
    name: str,
    labels: Mapping[str, str],
    namespace: pulumi.Input[str],
    class_name: str,
    host: str,
    service: k8s.core.v1.Service,
    opts: pulumi.ResourceOptions,
) -> k8s.networking.v1.Ingress:
    """Everything that asks for this host name goes to the port `main` of the Service."""
    backend = k8s.networking.v1.IngressBackendArgs(
        service=k8s.networking.v1.IngressServiceBackendArgs(
            name=service.metadata.name, port=k8s.networking.v1.ServiceBackendPortArgs(name="main")
        )
    )
    path = k8s.networking.v1.HTTPIngressPathArgs(path="/", path_type="Prefix", backend=backend)
    return k8s.networking.v1.Ingress(
        f"{name}-route",
        metadata=metadata(name, labels, namespace),
        spec=k8s.networking.v1.IngressSpecArgs(
            ingress_class_name=class_name,
            rules=[
                k8s.networking.v1.IngressRuleArgs(
                    host=host, http=k8s.networking.v1.HTTPIngressRuleValueArgs(paths=[path])
                )
            ],
        ),
        opts=opts,
    )
