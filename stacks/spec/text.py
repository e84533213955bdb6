"""Strict YAML: one document of mappings, lists, text, numbers, true, false and null, and nothing that surprises.

Not taken: a key given twice, anchors and aliases (which can make a short file enormous), tags, keys that aren't text, and YAML 1.1's
readings of `yes`, `1:30`, `012` and `2026-11-01` as something else than text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stacks.spec.errors import WHOLE, shown, wrong

LARGEST = 1 << 20
DEEPEST = 20
MOST_TOKENS = 50_000
SPLIT = "split it, or remove what is generated: a spec is some thirty lines"

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """What a file says, and on which line each part of it starts."""

    data: dict[str, Any]
    lines: dict[Path_, int]

    def line(self, path: Path_) -> int | None:
        """The line of a part, or of the nearest part around it that is there."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


class _Loader(yaml.SafeLoader):
    """Scalars as YAML 1.2's core schema reads them."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own way


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("int", r"^-?(?:0|[1-9][0-9]{0,17})$", "-0123456789"),
    ("float", r"^-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}$", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def read(file: Path) -> Document:
    """The document in a file; whatever is wrong with it as text is a `RunError`."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise wrong(file, WHOLE, "missing", "write this spec, or choose a stack whose spec is in stacks/") from None
    except OSError as error:
        raise wrong(file, WHOLE, "unreadable", f"make it a readable file ({error.strerror})") from None
    if len(raw) > LARGEST:
        raise wrong(file, WHOLE, f"{len(raw)} bytes long", SPLIT)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise wrong(file, WHOLE, f"not UTF-8 at byte {error.start}", "save it as UTF-8") from None
    try:
        return _parse(file, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = f"not YAML: {error.problem or error.context}"
        raise wrong(
            file,
            f"column {mark.column + 1}" if mark else WHOLE,
            _source_line(text, mark.line if mark else 0),
            f"{problem[:120]}; put it right there or just before",
            line=mark.line + 1 if mark else None,
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise wrong(file, WHOLE, "not YAML", f"put this right: {first[:120]}") from None


def _source_line(text: str, number: int) -> str:
    lines = text.splitlines()
    return shown(lines[number].strip() if number < len(lines) else "the end of the file")


def _parse(file: Path, text: str) -> Document:
    _scan(file, text)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None or (isinstance(node, yaml.ScalarNode) and node.value == ""):
            raise wrong(file, WHOLE, "empty", "start with `kind: foundation` or `kind: platform`; the reference is docs/reference/spec.md")
        if not isinstance(node, yaml.MappingNode):
            raise wrong(file, WHOLE, f"a {node.id}", "write keys with values, the first one `kind: foundation` or `kind: platform`")
        lines: dict[Path_, int] = {}
        data = _value(file, loader, node, (), lines)
    finally:
        loader.dispose()
    return Document(data, lines)


def _scan(file: Path, text: str) -> None:
    """Refuse by a flat pass what must not be built: anchors, aliases, tags, depth, too much of anything."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise wrong(file, f"*{event.anchor}"[:60], "an alias", "write the value out: specs take no anchors or aliases", line=line)
        if getattr(event, "anchor", None):
            raise wrong(file, f"&{event.anchor}"[:60], "an anchor", "remove it: specs take no anchors or aliases", line=line)
        if getattr(event, "tag", None):
            raise wrong(file, event.tag[:60], "a tag", "remove it: specs take plain text, numbers, true and false", line=line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise wrong(file, f"what starts at column {event.start_mark.column + 1}", f"nested more than {DEEPEST} deep", SPLIT, line=line)
        if count > MOST_TOKENS:
            raise wrong(file, WHOLE, f"more than {MOST_TOKENS} values long", SPLIT)


def _value(file: Path, loader: _Loader, node: yaml.Node, path: Path_, lines: dict[Path_, int]) -> Any:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*path, index)] = item.start_mark.line + 1
        return [_value(file, loader, item, (*path, index), lines) for index, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node)
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = _key(file, loader, key_node, path)
        here = (*path, key)
        if key in found:
            raise wrong(
                file, ".".join(map(str, here))[:120], f"given twice, first on line {lines[here]}", "keep one of the two", line=line
            )
        lines[here] = line
        found[key] = _value(file, loader, value_node, here, lines)
    return found


def _key(file: Path, loader: _Loader, node: yaml.Node, path: Path_) -> tuple[str, int]:
    line = node.start_mark.line + 1
    key = loader.construct_object(node) if isinstance(node, yaml.ScalarNode) else None
    if not isinstance(key, str):
        where = ".".join(map(str, path)) or WHOLE
        shape = f"{node.value!r:.40}" if isinstance(node, yaml.ScalarNode) else f"a {node.id}"
        raise wrong(file, where, f"a mapping with key {shape}", "write the key as a name in letters", line=line)
    return key, line


