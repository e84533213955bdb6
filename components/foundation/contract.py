"""The one interface between what a cloud or a machine gives and everything that stands on it.

Every foundation exports it as the stack output `contract`. It carries no secret and no kubeconfig: endpoints, names and
classes, and of secrets only where they are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import pulumi
from pydantic import BaseModel, ConfigDict, Field, ValidationError

OUTPUT = "contract"


class Part(BaseModel):
    """A frozen piece of a contract, each field explained by the text under it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class SecretReference(Part):
    """Where a user name and a password are kept in the cluster."""

    namespace: str
    """Local: the admin namespace. AWS: the same, filled from Secrets Manager."""
    name: str
    """Name of the Secret. Local: derived from the stack's root secret. AWS: synchronised by External Secrets."""
    user_key: str
    """Key of the user name or access key. The same in both."""
    password_key: str
    """Key of the password or secret key. The same in both."""


class Storage(Part):
    """Storage classes by what they can do."""

    rwo: str
    """One node writes. Local: a folder on the node. AWS: EBS gp3."""
    rwx: str | None = None
    """Many nodes write; none where a cluster has no such class. Local: none on the embedded node. AWS: EFS."""


class ObjectStore(Part):
    """S3, or what speaks like it."""

    endpoint: str
    """URL without a final slash. Local: the gateway's Service. AWS: https://s3.<region>.amazonaws.com."""
    region: str
    """Local: us-east-1, which clients assume. AWS: the foundation's region."""
    path_style: bool
    """Bucket in the path, not in the host name. Local: true, there are no wildcard names. AWS: false."""
    admin: SecretReference | None = None
    """Who may make buckets and accounts. Local: the gateway's root account. AWS: none, IAM roles do it."""


class Database(Part):
    """A PostgreSQL server."""

    host: str
    """Local: the Service's name. AWS: the RDS endpoint."""
    port: int
    """5432 in both."""
    tls: bool
    """Whether clients must verify the server's certificate. Local: false, it stays inside the cluster. AWS: true."""
    admin: SecretReference
    """Who may make roles and databases. Local: user postgres. AWS: the RDS master user."""

    @property
    def ssl_mode(self) -> str:
        """`sslmode` of libpq."""
        return "verify-full" if self.tls else "disable"

    def place(self, name: str) -> str:
        """A database, as it ends a URL."""
        return f"{self.host}:{self.port}/{name}" + (f"?sslmode={self.ssl_mode}" if self.tls else "")


class Taint(Part):
    """What keeps pods off nodes unless they tolerate it."""

    key: str
    """Such as nvidia.com/gpu."""
    value: str
    """Such as present."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
    """As Kubernetes names it."""


class NodePool(Part):
    """Nodes that are alike. Local: one pool, the node itself. AWS: a Karpenter NodePool each."""

    name: str
    """What specs call it."""
    labels: dict[str, str]
    """What selects its nodes; empty selects all. Local: empty. AWS: karpenter.sh/nodepool."""
    taints: tuple[Taint, ...]
    """What pods must tolerate to run there. Local: none. AWS: those of GPU and system pools."""


class Ingress(Part):
    """How people reach tools."""

    class_name: str
    """IngressClass. Local: the node's controller. AWS: alb."""
    base_domain: str
    """Tools are at <tool>.<base_domain>. Local: localhost. AWS: a Route 53 zone."""
    scheme: Literal["http", "https"]
    """Local: http, it never leaves the machine. AWS: https."""
    port: int
    """Local: the node's port on loopback. AWS: 443."""
    source_ranges: tuple[str, ...]
    """Where the controller's requests to pods come from. Local: the node's address. AWS: the public subnets."""

    def address(self, tool: str) -> str:
        """The URL that people type for a tool."""
        usual = {"http": 80, "https": 443}[self.scheme]
        port = "" if self.port == usual else f":{self.port}"
        return f"{self.scheme}://{self.host(tool)}{port}"

    def host(self, tool: str) -> str:
        """The host name of a tool."""
        return f"{tool}.{self.base_domain}"


class Promise(Part):
    """What a stack promises to those above it: one of its outputs."""

    output: ClassVar[str]
    """Name of the output."""

    def to_outputs(self) -> dict[str, Any]:
        """Plain values for `pulumi.export`."""
        return self.model_dump(mode="json")

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, Any], stack: str) -> Self:
        """The promise among a stack's outputs.

        Raises:
            pulumi.RunError: The stack has none because it isn't up, or has one that this code doesn't know.
        """
        found = outputs.get(cls.output)
        if found is None:
            raise pulumi.RunError(
                f"stack {stack} isn't up: it has no output {cls.output!r}\n  fix: run `pulumi up -s {stack}` first"
            )
        try:
            return cls.model_validate(found)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise pulumi.RunError(
                f"stack {stack} was made by another version: {cls.output}.{where}: {first['msg']}\n"
                f"  fix: run `pulumi up -s {stack}` with this version first"
            ) from None


class Contract(Promise):
    """What a foundation promises."""

    output = OUTPUT

    version: Literal[1] = 1
    """Raised when a field changes its meaning; platform and teams take only versions that they know."""
    provider: Literal["local", "aws"]
    """Which foundation this is, for people to read: no program decides by it."""
    kube_context: str
    """Context in the kubeconfig of whoever runs the next layer. Local: the embedded node's. AWS: the EKS cluster's."""
    admin_namespace: str
    """Where admin Secrets are and jobs that need them run. The same in both."""
    image_registry: str
    """Host, port and path before an image's name. Local: the node's registry. AWS: ECR."""
    storage: Storage
    """Storage classes."""
    object_store: ObjectStore
    """Where artifacts and data sets are."""
    database: Database
    """Where tools keep their tables."""
    node_pools: tuple[NodePool, ...] = Field(min_length=1)
    """What pods can run on."""
    ingress: Ingress
    """How tools are reached from outside of the cluster."""
    identity: Literal["secret", "pod-identity"]
    """How pods prove who they are to the object store. Local: keys in a Secret. AWS: EKS Pod Identity, no keys."""
