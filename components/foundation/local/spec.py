"""The spec of a foundation on a cluster that is already there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from components.kubernetes.spec import Resources, Spec
from components.kubernetes.vocabulary import (
    Cidr,
    Flag,
    Hostname,
    KubeContext,
    ObjectName,
    Port,
    RegistryHost,
    ReleaseName,
    Rotation,
    Size,
)


class ClusterSpec(Spec):
    """The cluster that the foundation is put on."""

    context: KubeContext
    """Context in the kubeconfig. The stack's config `kubeContext` replaces it (MLP_KUBE_CONTEXT)."""


class RegistrySpec(Spec):
    """The registry that the cluster pulls from."""

    host: RegistryHost
    """Host, port and path before an image's name. The stack's config `registry` replaces it (MLP_REGISTRY)."""


class StorageSpec(Spec):
    """The cluster's storage classes."""

    rwo: ObjectName
    """Class whose volumes one node writes to."""

    rwx: ObjectName | None = None
    """Class whose volumes many nodes write to. None by default: most small clusters have none."""


class IngressSpec(Spec):
    """How people reach the tools."""

    class_name: Annotated[ObjectName, Field(examples=["traefik"])]
    """IngressClass of the cluster's controller."""

    base_domain: Annotated[Hostname, Field(examples=["localhost"])]
    """Tools are at <tool>.<base_domain>. Browsers and curl resolve every name below localhost to this machine."""

    port: Port
    """Port of the controller as people type it."""

    source_ranges: Annotated[tuple[Cidr, ...], Field(min_length=1, max_length=16, examples=[["100.64.0.1/32"]])]
    """Where the controller's requests to pods come from, which network policies let in: its nodes or its pods."""

    @field_validator("source_ranges")
    @classmethod
    def _once(cls, ranges: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(ranges)) != len(ranges):
            raise ValueError("name each range once")
        return ranges


class PostgresSpec(Spec):
    """The PostgreSQL server in the cluster."""

    storage: Size
    """Size of its volume. It can grow only if the storage class lets volumes grow."""

    resources: Resources = Resources(cpu="100m", memory="512Mi")
    """Enough for MLflow and a few small tools; a quarter of the memory becomes its buffers."""

    rotation: Rotation = 1
    """Raise it to change the admin's password."""


class ObjectStoreSpec(Spec):
    """The S3 gateway over a volume."""

    storage: Size
    """Size of its volume. It can grow only if the storage class lets volumes grow."""

    resources: Resources = Resources(cpu="50m", memory="256Mi")
    """Enough for a handful of clients; uploads are streamed to the volume."""

    rotation: Rotation = 1
    """Raise it to change the root account's secret key."""


class FoundationSpec(Spec):
    """What platform and teams stand on, made in a cluster that is already there."""

    kind: Literal["foundation"]
    """The layer that this file describes."""

    provider: Literal["local"]
    """Who gives it. `local`: a cluster that is already there, embedded or any other."""

    images: ReleaseName
    """Release of images: images/releases/<name>.json. `local` is what `mlp images` built on this machine."""

    cluster: ClusterSpec
    """Where it goes."""

    registry: RegistrySpec
    """Where its images are."""

    storage: StorageSpec
    """What its volumes are made of."""

    ingress: IngressSpec
    """How it is reached."""

    postgres: PostgresSpec
    """The database server."""

    object_store: ObjectStoreSpec
    """The object store."""

    retain_data: Flag = False
    """Whether `destroy` leaves the namespace mlp-foundation and in it the volumes postgres-data and object-store-data,
    which the next `up` takes over. No by default: destroy means all of it."""
