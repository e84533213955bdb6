"""Asking the API server in a dry run which changes it would refuse on an existing object."""

from __future__ import annotations

from dataclasses import replace

from local.provider import apply, diff, objects
from local.provider.cluster import Cluster
from local.provider.diff import Difference
from local.provider.errors import ApiError, ProviderError
from local.provider.rest import APPLY
from local.provider.wire import Object, has_unknown

# Replacing these would take data along, or everything inside: not on the server's word alone, so the update fails.
_KEPT = {"CustomResourceDefinition", "Namespace", "PersistentVolume", "PersistentVolumeClaim"}


def refine(cluster: Cluster, found: Difference, new: Object, live: Object, manager: str) -> Difference:
    """The difference with those changes marked as replacements that the server calls immutable.

    The list of `immutable` is the official provider's and knows only some fields of some kinds.
    """
    kind = apply.kind_of(new)
    if not found.changes or found.replaces or has_unknown(new) or kind.kind in _KEPT or not cluster.knows(kind):
        return found
    try:
        refused = _refused(cluster, new, live, manager)
    except ProviderError:
        return found  # the preview or the update itself will say it
    if not refused:
        return found
    changes = [replace(change, replace=_concerns(diff.label(change.path), refused)) for change in found.changes]
    if not any(change.replace for change in changes):
        changes = [replace(change, replace=True) for change in changes]
    return Difference(changes, delete_before_replace=diff.keeps_name(new, live))


def _refused(cluster: Cluster, new: Object, live: Object, manager: str) -> list[str]:
    client = cluster.client()
    resource = client.resource(apply.kind_of(new))
    path = resource.path(objects.namespace(live), objects.name(live))
    query = {"fieldManager": manager, "force": "true", "dryRun": "All"}
    try:
        client.request("PATCH", path, query, new, APPLY)
    except ApiError as error:
        return error.immutable_fields
    return []


def _concerns(path: str, fields: list[str]) -> bool:
    return any(path.startswith(field) or field.startswith(path) for field in fields if field)
