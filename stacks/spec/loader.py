"""From a file to a spec, or to an error that says how to put it right."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from components.foundation.local.spec import FoundationSpec
from components.platform.spec import PlatformSpec
from components.team.spec import TeamSpec
from stacks.spec.errors import shown, wrong
from stacks.spec.text import Document, read

Spec = FoundationSpec | PlatformSpec | TeamSpec
KINDS: dict[str, type[Spec]] = {"foundation": FoundationSpec, "platform": PlatformSpec, "team": TeamSpec}
BELOW = {"platform": "foundation", "team": "platform"}
"""The kind of stack that a kind stands on; the key that names it is called the same."""


def load(file: Path) -> Spec:
    """The spec in a file, checked alone and against the specs beside it that it names.

    Raises:
        pulumi.RunError: At most three lines that name file, path, value and fix.
    """
    document = read(file)
    kind = document.data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        value = shown(kind) if "kind" in document.data else "missing"
        raise wrong(file, "kind", value, _choose(kind, KINDS), line=document.line(("kind",)))
    try:
        spec = KINDS[kind].model_validate(document.data)
    except ValidationError as error:
        raise _explained(file, document, KINDS[kind], error) from None
    _references(file, document, spec)
    return spec


def _references(file: Path, document: Document, spec: Spec) -> None:
    """What a spec names must be there, as a file beside it; and a team's own file must be called by its name."""
    if isinstance(spec, TeamSpec) and not file.stem.endswith(f"-team-{spec.name}"):
        fix = f"call the file <environment>-team-{spec.name}.yaml, or the team as the file: a team has one stack"
        raise wrong(file, "name", shown(spec.name), fix, line=document.line(("name",)))
    key = BELOW.get(spec.kind)
    if key is None:
        return
    named: str = getattr(spec, key)
    line = document.line((key,))
    there = {path.stem: path for path in sorted(file.parent.glob("*.yaml")) if not path.name.startswith("Pulumi.")}
    if named not in there:
        choice = _choose(named, [name for name in there if name != file.stem])
        raise wrong(file, key, f"{shown(named)}, which has no spec", choice, line=line)
    below = read(there[named]).data
    if (kind := below.get("kind")) != key:
        fix = f"name a stack whose spec says `kind: {key}`"
        raise wrong(file, key, f"{shown(named)}, a spec of kind {shown(kind)}", fix, line=line)
    if isinstance(spec, TeamSpec) and spec.notebooks is not None:
        _people(file, document, spec.notebooks.people, there[named], below)


def _people(file: Path, document: Document, people: Sequence[str], platform: Path, below: Mapping[str, Any]) -> None:
    """Who a team names has to be among the people that its platform knows."""
    try:
        known = [one["name"] for one in (below.get("notebooks") or {})["people"]]
    except (KeyError, TypeError):
        fix = f"add `notebooks` with `people` and `profiles` to {platform.name}, or remove it here"
        line = document.line(("notebooks",))
        raise wrong(file, "notebooks", f"there, and {platform.name} has none", fix, line=line) from None
    for index, person in enumerate(people):
        if person not in known:
            fix = f"add it to notebooks.people of {platform.name}, or {_choose(person, known).removesuffix('?')}"
            place = ("notebooks", "people", index)
            value = f"{shown(person)}, whom {platform.name} doesn't know"
            raise wrong(file, f"notebooks.people[{index}]", value, fix, line=document.line(place))


def _explained(file: Path, document: Document, model: type[BaseModel], error: ValidationError) -> Exception:
    """The first error, an unknown key before all others: it is often why another is missing."""
    errors = error.errors(include_url=False)
    first = min(errors, key=lambda found: found["type"] != "extra_forbidden")
    place: tuple[str | int, ...] = tuple(first["loc"])
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    value = "missing" if first["type"] == "missing" else shown(_at(document.data, place))
    return wrong(file, path[:200], value, _fix(model, first), line=document.line(place), more=len(errors) - 1)


def _at(data: Any, place: Sequence[str | int]) -> Any:
    for part in place:
        data = data[part]
    return data


def _fix(model: type[BaseModel], error: ErrorDetails) -> str:
    place, context = error["loc"], error.get("ctx", {})
    parent = _model_at(model, place[:-1])
    name = str(place[-1])
    match error["type"]:
        case "extra_forbidden":
            return f"remove it, as there is no such key; {_choose(name, parent.model_fields if parent else ())}"
        case "missing":
            return f"add `{name}`{_example(parent, name)}"
        case "literal_error":
            return f"use {context['expected']}"
        case "value_error":
            return str(context["error"])
        case "string_type":
            return f"write text{_example(parent, name)}, in quotes if it looks like a number"
        case "int_type" | "int_from_float":
            return f"write a whole number without quotes{_example(parent, name)}"
        case "bool_type":
            return "write true or false without quotes"
        case "tuple_type" | "list_type":
            return "write a list: one line each, starting with '- '"
        case "model_type" | "model_attributes_type" | "dict_type":
            keys = _model_at(model, place)
            return f"write keys with values below it: {', '.join(keys.model_fields if keys else ())}"
        case "greater_than_equal":
            return f"use {context['ge']} or more"
        case "less_than_equal":
            return f"use {context['le']} or less"
        case "too_short" | "too_long" | "string_too_long":
            most, least = context.get("max_length"), context.get("min_length")
            return f"give at most {most}" if most else f"give at least {least}"
    return f"{error['msg']}; see docs/reference/spec.md"


def _choose(value: Any, options: Iterable[str]) -> str:
    names = list(options)
    near = difflib.get_close_matches(str(value)[:60], names, n=1)
    return f"did you mean `{near[0]}`?" if near else f"use one of: {', '.join(names)}"


def _example(parent: type[BaseModel] | None, name: str) -> str:
    field = parent.model_fields.get(name) if parent else None
    examples = field.examples if field else None
    return f", such as {examples[0]!r}" if examples else ""


def _model_at(model: type[BaseModel], place: Sequence[str | int]) -> type[BaseModel] | None:
    """The model that describes a part of the spec, found by walking the types of the fields."""
    current: Any = model
    for part in place:
        if isinstance(part, str):
            field = (
                current.model_fields.get(part) if isinstance(current, type) and issubclass(current, BaseModel) else None
            )
            current = field.annotation if field else None
        current = _inside(current)
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _inside(annotation: Any) -> Any:
    """The model in an optional one, or in a list of them."""
    if get_origin(annotation) in (Union, types.UnionType, tuple):
        return next((part for part in get_args(annotation) if part not in (type(None), Ellipsis)), None)
    return annotation
