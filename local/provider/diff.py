"""What a change of the program would do to an object: updates, or a replacement.

New inputs are compared with the live object of the state, pruned to what the program had set before (as the official
provider does), so fields that the cluster sets are no difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from local.provider import immutable, naming, normalize, objects
from local.provider.values import prune, same
from local.provider.wire import UNKNOWN, Object

Path = tuple[str | int, ...]
_MISSING = object()


@dataclass(frozen=True)
class Change:
    """One field: `add`, `delete` or `update`, and whether it takes a new object."""

    path: Path
    how: str
    replace: bool = False


@dataclass(frozen=True)
class Difference:
    """All changes of an object."""

    changes: list[Change] = field(default_factory=list)
    delete_before_replace: bool = False

    @property
    def replaces(self) -> list[Change]:
        """Changes that take a new object."""
        return [change for change in self.changes if change.replace]


class _Walk:
    def __init__(self, patterns: list[immutable.Pattern]) -> None:
        self.patterns = patterns
        self.changes: list[Change] = []

    def note(self, path: Path, how: str, value: Any) -> None:
        replace = any(immutable.touches(path, value, pattern) for pattern in self.patterns)
        self.changes.append(Change(path, how, replace))

    def compare(self, path: Path, new: Any, live: Any, old: Any) -> None:
        """Compare a new input with the live value and with the old input."""
        if new is UNKNOWN:
            self.note(path, "add" if live is _MISSING else "update", new)
        elif live is not _MISSING and same(new, live):
            return
        elif old is not _MISSING and same(new, old):
            # The program is unchanged; the API server keeps the value in another form (a quantity, an omitted default).
            return
        elif isinstance(new, dict) and isinstance(live, dict):
            self.compare_dicts(path, new, live, old if isinstance(old, dict) else {})
        elif isinstance(new, list) and isinstance(live, list):
            self.compare_lists(path, new, live, old if isinstance(old, list) else [])
        else:
            self.note(path, "add" if live is _MISSING else "update", new)

    def compare_dicts(self, path: Path, new: Object, live: Object, old: Object) -> None:
        for key, value in new.items():
            self.compare((*path, key), value, live.get(key, _MISSING), old.get(key, _MISSING))
        for key in live:
            if key not in new:
                self.note((*path, key), "delete", None)

    def compare_lists(self, path: Path, new: list[Any], live: list[Any], old: list[Any]) -> None:
        for index, value in enumerate(new):
            known = live[index] if index < len(live) else _MISSING
            self.compare((*path, index), value, known, old[index] if index < len(old) else _MISSING)
        for index in range(len(new), len(live)):
            self.note((*path, index), "delete", None)


def compute(
    new: Object,
    old_inputs: Object,
    live: Object,
    *,
    namespaced: bool,
    patterns: list[immutable.Pattern],
    ignored: Iterable[str] = (),
) -> Difference:
    """The difference between a program's new inputs and the state.

    Args:
        new: New inputs, as a manifest; normalised in place.
        old_inputs: The inputs in the state, as a manifest; normalised in place.
        live: The live object in the state, as a manifest.
        namespaced: Whether the kind lives in namespaces.
        patterns: Fields that can't change in place.
        ignored: Paths of `ignore_changes`.
    """
    normalize.inputs(new)
    normalize.inputs(old_inputs)
    pruned: Object = prune(live, old_inputs)
    _canonical_namespace(new, namespaced)
    _canonical_namespace(pruned, namespaced)
    pruned.setdefault("apiVersion", new.get("apiVersion"))
    pruned.setdefault("kind", new.get("kind"))
    if objects.name(new):
        pruned.setdefault("metadata", {})["name"] = objects.name(live)
    walk = _Walk(patterns)
    walk.compare_dicts((), new, pruned, old_inputs)
    skipped = [_parts(path) for path in ignored]
    changes = [change for change in walk.changes if not any(_covers(path, change.path) for path in skipped)]
    replaced = any(change.replace for change in changes)
    return Difference(
        changes,
        delete_before_replace=replaced and keeps_name(new, live),
    )


def keeps_name(new: Object, live: Object) -> bool:
    """Whether the new object must have the old one's name, so that the old one has to go first."""
    return (
        objects.is_named(new)
        and not naming.is_autonamed(new)
        and objects.name(new) == objects.name(live)
        and (objects.namespace(new) or "default") == (objects.namespace(live) or "default")
    )


def _canonical_namespace(obj: Object, namespaced: bool) -> None:
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict):
        if metadata is UNKNOWN or not namespaced:
            return
        metadata = obj["metadata"] = {}
    if not namespaced:
        metadata.pop("namespace", None)
    elif metadata.get("namespace") in (None, ""):
        metadata["namespace"] = "default"


def label(path: Path) -> str:
    """A path as Pulumi writes it: `spec.ports[0].name`, `metadata.labels["app.kubernetes.io/name"]`."""
    out = ""
    for step in path:
        if isinstance(step, int):
            out += f"[{step}]"
        elif any(character in step for character in '."[]'):
            out += '["' + step.replace('"', '\\"') + '"]'
        else:
            out += f".{step}" if out else step
    return out


def _parts(path: str) -> Path:
    """A property path of `ignore_changes`: `spec.replicas`, `data["a.b"]`, `spec.ports[0]`, `spec.ports[*]`."""
    parts: list[str | int] = []
    rest = path
    while rest:
        if rest.startswith('["'):
            end = rest.index('"]', 2)
            parts.append(rest[2:end].replace('\\"', '"'))
            rest = rest[end + 2 :]
        elif rest.startswith("["):
            end = rest.index("]")
            inside = rest[1:end]
            parts.append(int(inside) if inside.isdigit() else inside)
            rest = rest[end + 1 :]
        else:
            rest = rest.removeprefix(".")
            end = min((position for mark in ".[" if (position := rest.find(mark)) >= 0), default=len(rest))
            parts.append(rest[:end])
            rest = rest[end:]
    return tuple(parts)


def _covers(ignored: Path, path: Path) -> bool:
    return len(ignored) <= len(path) and all(wanted in (step, "*") for wanted, step in zip(ignored, path, strict=False))
