"""Field managers of server-side apply: who owns which field, taking over and letting go."""

from __future__ import annotations

from typing import Any

from local.provider import objects
from local.provider.rest import APPLY, JSON_PATCH, Client
from local.provider.wire import Object

# Those whose fields an update takes over: kubectl's, and those of this provider's own plain creates.
_TAKEN_OVER = {
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("kubectl-client-side-apply", "Update"),
    ("before-first-apply", "Update"),
    ("pulumi-kubernetes", "Update"),
    ("pulumi-kubernetes.exe", "Update"),
    ("pulumi-resource-kubernetes", "Update"),
}


def _entries(live: Object) -> list[Object]:
    return list(objects.metadata(live).get("managedFields") or [])


def merged(live: Object, manager: str) -> list[Object] | None:
    """The object's `managedFields` with kubectl's and our non-apply entries made ours, or None if there are none."""
    taken, rest, ours = [], [], None
    for entry in _entries(live):
        key = (str(entry.get("manager")), str(entry.get("operation")))
        if entry.get("subresource"):
            rest.append(entry)
        elif key == (manager, "Apply"):
            ours = entry
        elif key in _TAKEN_OVER or key == (manager, "Update"):
            taken.append(entry)
        else:
            rest.append(entry)
    if not taken:
        return None
    base = ours or {**taken[0], "manager": manager, "operation": "Apply"}
    fields: Any = {}
    for entry in [base, *taken]:
        fields = _union(fields, entry.get("fieldsV1") or {})
    return [*rest, {**base, "fieldsV1": fields}]


def _union(left: Object, right: Object) -> Object:
    return {key: _union(left.get(key, {}), right.get(key, {})) for key in {**left, **right}}


def take_over(client: Client, path: str, live: Object, manager: str) -> None:
    """Make fields that were set without server-side apply ours, so that the next apply may change and remove them."""
    fields = merged(live, manager)
    if fields is None:
        return
    patch = [
        {"op": "replace", "path": "/metadata/managedFields", "value": fields},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": objects.metadata(live).get("resourceVersion")},
    ]
    client.request("PATCH", path, {"fieldManager": manager}, patch, JSON_PATCH)


def relinquish(client: Client, path: str, live: Object, manager: str) -> None:
    """Give up all fields of a manager: what nobody else owns goes."""
    metadata = {key: value for key in ("name", "namespace") if (value := objects.metadata(live).get(key))}
    body = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata}
    client.request("PATCH", path, {"fieldManager": manager, "force": "true"}, body, APPLY)


def owned_by_others_only(live: Object, manager: str, path: list[str]) -> bool:
    """Whether a field is managed by somebody else and not by us."""
    ours = theirs = False
    for entry in _entries(live):
        if _has(entry.get("fieldsV1") or {}, path):
            if entry.get("manager") == manager:
                ours = True
            else:
                theirs = True
    return theirs and not ours


def _has(fields: Object, path: list[str]) -> bool:
    for key in path:
        if f"f:{key}" not in fields:
            return False
        fields = fields[f"f:{key}"]
    return True
