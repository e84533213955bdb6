"""Names that nobody gave: `<resource>-<8 hex digits>`, kept over the resource's life."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from local.provider import objects
from local.provider.errors import ProviderError
from local.provider.wire import UNKNOWN, Object

AUTONAMED = "pulumi.com/autonamed"
_PREFIX = "pulumi-kubernetes-"


def is_autonamed(obj: Object) -> bool:
    """Whether the name was made here."""
    return objects.annotation(obj, AUTONAMED) == "true"


def _set(obj: Object, name: str) -> None:
    metadata = obj.setdefault("metadata", {})
    metadata["name"] = name
    annotations = metadata.setdefault("annotations", {})
    if isinstance(annotations, dict):
        annotations[AUTONAMED] = "true"


def adopt(new: Object, old: Object) -> None:
    """Keep the old object's made-up name when the program gives none."""
    if not objects.is_named(new) and is_autonamed(old):
        _set(new, objects.name(old))


def assign(new: Object, resource: str, seed: bytes, autonaming: Any | None) -> None:
    """Name an object that the program doesn't name.

    Args:
        new: The object; changed in place.
        resource: The resource's name in the program.
        seed: The engine's seed, so that its plan and its run agree.
        autonaming: The engine's options, if the project configures autonaming.

    Raises:
        ProviderError: Autonaming is off.
    """
    generate = objects.metadata(new).get("generateName")
    if objects.is_named(new) or generate is UNKNOWN or generate:
        return
    name = f"{resource}-{_digits(seed)}"
    if autonaming is not None:
        if autonaming.mode == autonaming.DISABLE:
            raise ProviderError("autonaming is disabled: set metadata.name")
        name = autonaming.proposed_name or name
    _set(new, name)


def _digits(seed: bytes) -> str:
    return hashlib.sha256(seed).hexdigest()[:8] if seed else secrets.token_hex(4)


def field_manager(urn: str, state: Object, inputs: Object) -> str:
    """The field manager of server-side apply: the annotation's, that in the state, or one made from the URN.

    The official provider makes a random one. This one is always the same for a URN, so an `up` that is killed after the
    object was made and before the state was written finds its own fields again, not a second owner that conflicts.
    """
    given = objects.annotation(inputs, "pulumi.com/patchFieldManager")
    kept = state.get("__fieldManager")
    return given or (kept if isinstance(kept, str) else "") or _PREFIX + hashlib.sha256(urn.encode()).hexdigest()[:8]
