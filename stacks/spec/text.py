"""Strict YAML: one document of mappings, lists, text, numbers, true, false and null, and nothing that surprises.

Not taken: a key given twice, anchors and aliases (which can make a short file enormous), tags, keys that aren't text,
and YAML 1.1's readings of `yes`, `1:30`, `012` and `2026-11-01` as something else than text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from stacks.spec.errors import WHOLE, shown, wrong

LARGEST = 1 << 20
DEEPEST = 20
MOST_EVENTS = 50_000
START = "start with `kind: foundation`, `kind: platform` or `kind: team`; docs/reference/spec.md explains every key"
SPLIT = "split it, or remove what is generated: a spec is some thirty lines"
WRITE_OUT = "write the value out: specs take no anchors and aliases"

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """What a file says, and on which line each part of it starts."""

    data: dict[str, Any]
    lines: dict[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int | None:
        """The line of a part, or of the nearest part around it that is there."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
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
    text = _text(file)
    try:
        _scan(file, text)
        return _parse(file, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        number = mark.line if mark else 0
        lines = text.splitlines()
        source = shown(lines[number].strip()) if number < len(lines) else "the end of the file"
        fix = f"put it right there or just before; not YAML: {(error.problem or error.context or '')[:120]}"
        raise wrong(file, f"column {mark.column + 1}" if mark else WHOLE, source, fix, line=number + 1) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise wrong(file, WHOLE, "not YAML", f"put this right: {first[:120]}") from None


def _text(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise wrong(file, WHOLE, "missing", "write this spec, or choose a stack whose spec is in stacks/") from None
    except OSError as error:
        raise wrong(file, WHOLE, "unreadable", f"make it a readable file ({error.strerror})") from None
    if len(raw) > LARGEST:
        raise wrong(file, WHOLE, f"{len(raw)} bytes long", SPLIT)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise wrong(file, WHOLE, f"not UTF-8 at byte {error.start}", "save it as UTF-8") from None


def _scan(file: Path, text: str) -> None:
    """Refuse by a flat pass what must not be built: aliases, tags, too deep a nesting, too much of anything."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            raise wrong(file, f"column {column}", shown(f"*{anchor}"), WRITE_OUT, line=line)
        if anchor:
            raise wrong(file, f"column {column}", shown(f"&{anchor}"), WRITE_OUT, line=line)
        if tag:
            raise wrong(file, f"column {column}", f"tagged {shown(tag)}", "remove the tag: specs take none", line=line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise wrong(file, f"column {column}", f"nested more than {DEEPEST} deep", SPLIT, line=line)
        if count > MOST_EVENTS:
            raise wrong(file, WHOLE, f"more than {MOST_EVENTS} values long", SPLIT)


def _parse(file: Path, text: str) -> Document:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None or (isinstance(node, yaml.ScalarNode) and node.value == ""):
            raise wrong(file, WHOLE, "empty", START)
        document = Document({})
        if not isinstance(node, yaml.MappingNode):
            raise wrong(file, WHOLE, shown(_value(file, loader, node, (), document.lines)), START)
        document.data.update(_value(file, loader, node, (), document.lines))
    finally:
        loader.dispose()
    return document


def _value(file: Path, loader: _Loader, node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    if isinstance(node, yaml.SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            lines[(*place, index)] = item.start_mark.line + 1
            items.append(_value(file, loader, item, (*place, index), lines))
        return items
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node)
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        here = (*place, _key(file, loader, key_node, place))
        if here in lines:
            path = ".".join(map(str, here))[:120]
            raise wrong(file, path, f"given twice, first on line {lines[here]}", "keep one of the two", line=line)
        lines[here] = line
        found[str(here[-1])] = _value(file, loader, value_node, here, lines)
    return found


def _key(file: Path, loader: _Loader, node: yaml.Node, place: Place) -> str:
    key = loader.construct_object(node) if isinstance(node, yaml.ScalarNode) else node.value
    if isinstance(key, str):
        return key
    where = ".".join(map(str, place)) or WHOLE
    kind = f"a mapping with key {shown(key)}"
    raise wrong(file, where, kind, "write the key as a name in letters", line=node.start_mark.line + 1)
