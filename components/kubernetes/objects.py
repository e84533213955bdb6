"""The small objects that every component has: namespace, claim, Secret, Service. Each has a name of its own.

A name that we give, not one that the provider makes up: a run that was killed after it made the object finds it again.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label

PODS_LEVEL = "restricted"
USER_KEY = "username"
PASSWORD_KEY = "password"  # noqa: S105 - the key in a Secret, not its value


def metadata(
    name: str, labels: Mapping[str, str], namespace: pulumi.Input[str] | None = None
) -> k8s.meta.v1.ObjectMetaArgs:
    """Name, namespace and labels."""
    return k8s.meta.v1.ObjectMetaArgs(name=name, namespace=namespace, labels=dict(labels))


def namespace(name: str, opts: pulumi.ResourceOptions, more: Mapping[str, str] | None = None) -> k8s.core.v1.Namespace:
    """A namespace in which only pods of the restricted pod security standard are let in; `more` are further labels."""
    security = {f"pod-security.kubernetes.io/{mode}": PODS_LEVEL for mode in ("enforce", "audit", "warn")}
    return k8s.core.v1.Namespace(
        name,
        metadata=k8s.meta.v1.ObjectMetaArgs(
            name=name, labels={**label.labels(name, "namespace"), **security, **(more or {})}
        ),
        opts=opts,
    )


def claim(
    name: str,
    labels: Mapping[str, str],
    namespace: pulumi.Input[str],
    storage_class: str,
    size: str,
    opts: pulumi.ResourceOptions,
    *,
    mode: str = "ReadWriteOnce",
) -> k8s.core.v1.PersistentVolumeClaim:
    """A volume, for pods of one node unless `mode` says more. No template of a StatefulSet: those leave their volumes
    behind at destroy."""
    return k8s.core.v1.PersistentVolumeClaim(
        name,
        metadata=metadata(name, labels, namespace),
        spec=k8s.core.v1.PersistentVolumeClaimSpecArgs(
            access_modes=[mode],
            storage_class_name=storage_class,
            resources=k8s.core.v1.VolumeResourceRequirementsArgs(requests={"storage": size}),
        ),
        opts=opts,
    )


def secret(
    name: str,
    labels: Mapping[str, str],
    namespace: pulumi.Input[str],
    data: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> k8s.core.v1.Secret:
    """A Secret of text values."""
    return k8s.core.v1.Secret(
        name, metadata=metadata(name, labels, namespace), string_data=dict(data), type="Opaque", opts=opts
    )


def service(
    name: str,
    labels: Mapping[str, str],
    namespace: pulumi.Input[str],
    selector: Mapping[str, str],
    port: int,
    opts: pulumi.ResourceOptions,
    more: Mapping[str, int] | None = None,
    udp: Mapping[str, int] | None = None,
    *,
    always: bool = False,
) -> k8s.core.v1.Service:
    """The port `main` inside the cluster, at `name.namespace:port`, and `more` of them by name; some speak UDP.

    `always` leads to pods that aren't ready too: where parts of a pod are of use while others aren't. Then nothing
    waits for its pods either: with one call at a time (`--parallel 1`) they may come after it.
    """
    described = metadata(name, labels, namespace)
    if always:
        described.annotations = {"pulumi.com/skipAwait": "true"}
    ports = [("TCP", port_name, number) for port_name, number in {"main": port, **(more or {})}.items()]
    ports += [("UDP", port_name, number) for port_name, number in (udp or {}).items()]
    return k8s.core.v1.Service(
        name,
        metadata=described,
        spec=k8s.core.v1.ServiceSpecArgs(
            type="ClusterIP",
            selector=dict(selector),
            publish_not_ready_addresses=True if always else None,
            ports=[
                k8s.core.v1.ServicePortArgs(name=port_name, port=number, target_port=port_name, protocol=protocol)
                for protocol, port_name, number in ports
            ],
        ),
        opts=opts,
    )


def single_server(
    name: str,
    labels: Mapping[str, str],
    namespace: pulumi.Input[str],
    selector: Mapping[str, str],
    template: k8s.core.v1.PodTemplateSpecArgs,
    opts: pulumi.ResourceOptions,
) -> k8s.apps.v1.StatefulSet:
    """A server that owns its volume: never two at once, as a StatefulSet of one behind the Service of its name."""
    return k8s.apps.v1.StatefulSet(
        f"{name}-server",
        metadata=metadata(name, labels, namespace),
        spec=k8s.apps.v1.StatefulSetSpecArgs(
            replicas=1,
            service_name=name,
            selector=k8s.meta.v1.LabelSelectorArgs(match_labels=dict(selector)),
            template=template,
        ),
        opts=opts,
    )
