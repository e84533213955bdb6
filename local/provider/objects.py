"""Small questions to ask of a Kubernetes object that may be incomplete or hold unknown values."""

from __future__ import annotations

from typing import Any

from local.provider.wire import UNKNOWN, Object

# Cluster-scoped kinds of Kubernetes itself, so that a preview needs no API server to tell.
CLUSTER_SCOPED = {
    "": {"Namespace", "Node", "PersistentVolume", "ComponentStatus"},
    "admissionregistration.k8s.io": {
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
    },
    "apiextensions.k8s.io": {"CustomResourceDefinition"},
    "apiregistration.k8s.io": {"APIService"},
    "certificates.k8s.io": {"CertificateSigningRequest", "ClusterTrustBundle"},
    "flowcontrol.apiserver.k8s.io": {"FlowSchema", "PriorityLevelConfiguration"},
    "networking.k8s.io": {"IngressClass", "IPAddress", "ServiceCIDR"},
    "node.k8s.io": {"RuntimeClass"},
    "rbac.authorization.k8s.io": {"ClusterRole", "ClusterRoleBinding"},
    "resource.k8s.io": {"DeviceClass", "ResourceSlice"},
    "scheduling.k8s.io": {"PriorityClass"},
    "storage.k8s.io": {"StorageClass", "CSIDriver", "CSINode", "VolumeAttachment", "VolumeAttributesClass"},
}


def built_in(api_version: str) -> bool:
    """Whether Kubernetes itself brings the group (not a CustomResourceDefinition)."""
    group = api_version.rpartition("/")[0]
    return "." not in group or group in CLUSTER_SCOPED or group in _OTHER_BUILT_IN


_OTHER_BUILT_IN = {
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
}


def pluck(value: Any, *path: str) -> Any:
    """The value at a path of keys, or None."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def metadata(obj: Object) -> Object:
    """Its metadata, or an empty dict when missing or unknown."""
    found = obj.get("metadata")
    return found if isinstance(found, dict) else {}


def text(value: Any) -> str:
    """A string, or nothing when it is missing or unknown."""
    return value if isinstance(value, str) else ""


def name(obj: Object) -> str:
    """`metadata.name` if known."""
    return text(metadata(obj).get("name"))


def namespace(obj: Object) -> str:
    """`metadata.namespace` if known."""
    return text(metadata(obj).get("namespace"))


def annotation(obj: Object, key: str) -> str:
    """An annotation's value if known."""
    return text(pluck(metadata(obj).get("annotations"), key))


def is_named(obj: Object) -> bool:
    """Whether it has a name, known or not."""
    return metadata(obj).get("name") is UNKNOWN or bool(name(obj)) or obj.get("metadata") is UNKNOWN


def qualified_name(obj: Object) -> str:
    """`namespace/name`, or the name alone: the id in Pulumi's state."""
    return f"{namespace(obj)}/{name(obj)}" if namespace(obj) else name(obj)


def split_id(identifier: str) -> tuple[str, str]:
    """Namespace (may be empty) and name of an id."""
    first, _, second = identifier.partition("/")
    return (first, second) if second else ("", first)


def is_kind(obj: Object, api_version: str, kind: str) -> bool:
    """Whether the object is of that type."""
    return obj.get("apiVersion") == api_version and obj.get("kind") == kind


def is_secret(obj: Object) -> bool:
    """Whether it is a core Secret."""
    return is_kind(obj, "v1", "Secret")


def is_crd(obj: Object) -> bool:
    """Whether it is a CustomResourceDefinition."""
    return obj.get("kind") == "CustomResourceDefinition" and text(obj.get("apiVersion")).startswith(
        "apiextensions.k8s.io/"
    )
