"""What a URN says about a resource."""

from __future__ import annotations

from dataclasses import dataclass

from local.provider.errors import ProviderError

_UNSUPPORTED = {
    "helm.sh": "Helm releases and charts",
    "helm": "Helm releases and charts",
    "yaml": "YAML files",
    "kustomize": "Kustomize directories",
}


@dataclass(frozen=True)
class Kind:
    """Group, version and kind of a Kubernetes type; the core group is empty."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """As in manifests: `v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @classmethod
    def of(cls, api_version: str, kind: str) -> Kind:
        """From a manifest's `apiVersion` and `kind`."""
        group, _, version = api_version.rpartition("/")
        return cls("" if group == "core" else group, version, kind)


def name_of(urn: str) -> str:
    """The resource's name in the program."""
    return urn.split("::", 3)[3]


def type_of(urn: str) -> str:
    """The type token: `kubernetes:apps/v1:Deployment`."""
    return urn.split("::", 3)[2].rpartition("$")[2]


def kind_of(urn: str) -> Kind:
    """The Kubernetes kind that a URN stands for.

    Raises:
        ProviderError: The type isn't one that this provider serves.
    """
    token = type_of(urn)
    package, _, rest = token.partition(":")
    module, _, kind = rest.rpartition(":")
    if package != "kubernetes" or not module:
        raise ProviderError(f"{token} is no type of the Kubernetes provider")
    group = module.partition("/")[0]
    if group in _UNSUPPORTED:
        raise ProviderError(
            f"{token}: {_UNSUPPORTED[group]} need the official Kubernetes provider. This one serves single objects "
            "(kubernetes:<group>/<version>:<Kind> and CustomResource): write them as typed resources"
        )
    if "/" not in module:
        raise ProviderError(f"{token} doesn't name a group and a version (kubernetes:<group>/<version>:<Kind>)")
    if kind.endswith("List"):
        raise ProviderError(f"{token}: lists can't be created; use the type of the items")
    if kind.endswith("Patch"):
        raise ProviderError(f"{token}: patch resources need the official Kubernetes provider")
    return Kind.of(module, kind)
