"""Who may talk to whom: nobody, unless a policy here says so.

The cluster's network plugin puts these in force; on the embedded node `local/node/policing` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.kubernetes.objects import metadata

Peer = k8s.networking.v1.NetworkPolicyPeerArgs
Port = k8s.networking.v1.NetworkPolicyPortArgs
API_PORTS = (443, 6443)
"""Of the API server's Service and of the server behind it: plugins differ in which of the two they see."""


def tcp(port: int) -> Port:
    """One TCP port."""
    return Port(protocol="TCP", port=port)


def udp(port: int) -> Port:
    """One UDP port."""
    return Port(protocol="UDP", port=port)


def port_of(url: str) -> int:
    """The port that a URL leads to."""
    parts = urlsplit(url)
    return parts.port or {"http": 80, "https": 443}[parts.scheme]


def platform_pods() -> Peer:
    """Any pod in a namespace of ours."""
    return Peer(
        namespace_selector=k8s.meta.v1.LabelSelectorArgs(match_labels={"app.kubernetes.io/part-of": label.PART_OF})
    )


def pods_of(namespace: str) -> Peer:
    """Any pod of one namespace."""
    return Peer(
        namespace_selector=k8s.meta.v1.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": namespace})
    )


def addresses(ranges: Iterable[str]) -> list[Peer]:
    """Whoever comes from these ranges."""
    return [Peer(ip_block=k8s.networking.v1.IPBlockArgs(cidr=cidr)) for cidr in ranges]


def deny_all(
    namespace: pulumi.Input[str], prefix: str, opts: pulumi.ResourceOptions
) -> k8s.networking.v1.NetworkPolicy:
    """Nothing in and nothing out but names: what a namespace starts from."""
    return k8s.networking.v1.NetworkPolicy(
        f"{prefix}-default",
        metadata=metadata("default", label.labels("default", "network"), namespace),
        spec=k8s.networking.v1.NetworkPolicySpecArgs(
            pod_selector=k8s.meta.v1.LabelSelectorArgs(),
            policy_types=["Ingress", "Egress"],
            egress=[
                k8s.networking.v1.NetworkPolicyEgressRuleArgs(
                    to=[pods_of("kube-system")], ports=[Port(protocol="UDP", port=53), Port(protocol="TCP", port=53)]
                )
            ],
        ),
        opts=opts,
    )


def allow(
    name: str,
    resource_name: str,
    namespace: pulumi.Input[str],
    selector: Mapping[str, str],
    opts: pulumi.ResourceOptions,
    *,
    into: tuple[list[Peer], list[Port]] | None = None,
    out: tuple[list[Peer], list[Port]] | None = None,
) -> k8s.networking.v1.NetworkPolicy:
    """Let pods be reached (`into`) by peers on ports, or reach (`out`) peers on ports. No peers means whoever it is."""
    types = (["Ingress"] if into else []) + (["Egress"] if out else [])
    return k8s.networking.v1.NetworkPolicy(
        resource_name,
        metadata=metadata(name, label.labels(name, "network"), namespace),
        spec=k8s.networking.v1.NetworkPolicySpecArgs(
            pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=dict(selector)),
            policy_types=types,
            ingress=[k8s.networking.v1.NetworkPolicyIngressRuleArgs(from_=into[0] or None, ports=into[1])]
            if into
            else None,
            egress=[k8s.networking.v1.NetworkPolicyEgressRuleArgs(to=out[0] or None, ports=out[1])] if out else None,
        ),
        opts=opts,
    )
