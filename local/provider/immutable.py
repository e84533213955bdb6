"""Fields whose change means another object: the official provider's list (`forceNew` in its diff.go).

`[*]` stands for any item of a list. What the list doesn't know, the API server says itself in a dry run.
"""

from __future__ import annotations

from local.provider import objects
from local.provider.urns import Kind
from local.provider.wire import Object

_IDENTITY = (".metadata.name", ".metadata.namespace")
_VOLUME_SOURCES = [
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
]
_POD = [
    "affinity",
    "automountServiceAccountToken",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostname",
    "imagePullSecrets",
    "nodeName",
    "nodeSelector",
    "overhead",
    "preemptionPolicy",
    "priority",
    "priorityClassName",
    "readinessGates",
    "restartPolicy",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
    "shareProcessNamespace",
    "subdomain",
    "terminationGracePeriodSeconds",
    "volumes",
]
_CONTAINER = [
    "args",
    "command",
    "env",
    "image",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "resources",
    "securityContext",
    "stdin",
    "stdinOnce",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeDevices",
    "volumeMounts",
    "workingDir",
]

_SELECTOR = (".spec.selector",)
_STATEFUL_SET = tuple(
    f".spec.{name}"
    for name in ("podManagementPolicy", "revisionHistoryLimit", "selector", "serviceName", "volumeClaimTemplates")
)
_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("apps", "DaemonSet"): _SELECTOR,
    ("apps", "Deployment"): _SELECTOR,
    ("apps", "StatefulSet"): _STATEFUL_SET,
    ("batch", "Job"): (".spec.completions", ".spec.parallelism", ".spec.selector", ".spec.template"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (".roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): (".roleRef",),
    ("storage.k8s.io", "StorageClass"): (".parameters", ".provisioner"),
    ("", "PersistentVolume"): tuple(f".spec.{name}" for name in _VOLUME_SOURCES),
    ("", "PersistentVolumeClaim"): (
        ".spec.accessModes",
        ".spec.selector",
        ".spec.storageClassName",
        ".spec.volumeName",
    ),
    ("", "Pod"): (
        *(f".spec.{name}" for name in _POD),
        *(f".spec.{kind}[*].{name}" for kind in ("containers", "initContainers") for name in _CONTAINER),
    ),
    ("", "ResourceQuota"): (".spec.scopes",),
    ("", "Secret"): (".type",),
    ("", "Service"): (".spec.clusterIP",),
}

Pattern = tuple[str, ...]


def patterns(obj: Object, config_map_mutable: bool, secret_mutable: bool) -> list[Pattern]:
    """The fields of this object that can't be changed in place, as paths of keys and `[*]`."""
    kind = Kind.of(objects.text(obj.get("apiVersion")), objects.text(obj.get("kind")))
    fields = [*_IDENTITY, *_FIELDS.get((kind.group, kind.kind), ())]
    frozen = obj.get("immutable") is True
    if objects.is_secret(obj) and (frozen or not secret_mutable):
        fields += [".stringData", ".data"]
    if objects.is_kind(obj, "v1", "ConfigMap") and (frozen or not config_map_mutable):
        fields += [".binaryData", ".data"]
    return [tuple(field.replace("[*]", ".[*]").split(".")[1:]) for field in fields]


def touches(path: tuple[str | int, ...], value: object, pattern: Pattern) -> bool:
    """Whether a change at the path concerns the field, or brings it along inside the new value."""
    for position, wanted in enumerate(pattern):
        if position < len(path):
            step = path[position]
            if (wanted == "[*]") != isinstance(step, int) or (wanted != "[*]" and wanted != step):
                return False
        else:
            return _inside(value, pattern[position:])
    return True


def _inside(value: object, rest: Pattern) -> bool:
    if not rest:
        return True
    if rest[0] == "[*]":
        return isinstance(value, list) and any(_inside(item, rest[1:]) for item in value)
    return isinstance(value, dict) and rest[0] in value and _inside(value[rest[0]], rest[1:])
