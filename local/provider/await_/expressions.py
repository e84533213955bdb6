"""`pulumi.com/waitFor`: `condition=Type[=Status]`, `jsonpath={.path}[=value]`, or a JSON list (all must hold)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from local.provider.await_.status import Status, condition
from local.provider.errors import ProviderError
from local.provider.objects import pluck
from local.provider.wire import Object

Check = Callable[[Object], Status]


def parse(text: str) -> Check:
    """A check of an object's state from the annotation's value.

    Raises:
        ProviderError: It isn't in that form.
    """
    try:
        loaded = json.loads(text)
    except ValueError:
        loaded = text
    expressions = loaded if isinstance(loaded, list) else [text]
    if not expressions or not all(isinstance(item, str) for item in expressions):
        raise ProviderError(f"pulumi.com/waitFor: {text!r} is neither an expression nor a JSON list of expressions")
    checks = [_one(item) for item in expressions]

    def every(obj: Object) -> Status:
        results = [check(obj) for check in checks]
        return next(
            (result for result in results if not result.ready), Status(True, "; ".join(r.message for r in results))
        )

    return every


def _one(expression: str) -> Check:
    if expression.startswith("condition="):
        return _condition(expression.removeprefix("condition="))
    if expression.startswith("jsonpath="):
        return _json_path(expression.removeprefix("jsonpath="))
    raise ProviderError(f'pulumi.com/waitFor: expected a "jsonpath=" or "condition=" prefix, got {expression!r}')


def _condition(text: str) -> Check:
    kind, _, wanted = text.partition("=")
    wanted = wanted or "True"

    def check(obj: Object) -> Status:
        found = condition(obj, kind)
        generation = pluck(obj, "metadata", "generation")
        observed = found.get("observedGeneration", pluck(obj, "status", "observedGeneration"))
        if not found:
            return Status(False, f"waiting for condition {kind}={wanted}")
        if isinstance(generation, int) and isinstance(observed, int) and observed < generation:
            return Status(False, f"waiting for condition {kind}={wanted} of generation {generation} (is of {observed})")
        if str(found.get("status")).lower() != wanted.lower():
            why = ": ".join(str(found[key]) for key in ("reason", "message") if found.get(key))
            return Status(
                False, f"waiting for condition {kind}={wanted} (is {found.get('status')}{', ' + why if why else ''})"
            )
        return Status(True, f"condition {kind}={wanted}")

    return check


_STEP = re.compile(
    r"""\.(?P<key>(?:[\w\-/]|\\\.)+)               # .key, with \. for a dot inside
      | \[['"](?P<quoted>[^'"]+)['"]\]          # ['key']
      | \[(?P<index>-?\d+|\*)\]                 # [0] or [*]
      | \[\?\(@(?P<field>(?:\.[\w\-]+)+)\s*==\s*['"]?(?P<value>[^'")]*)['"]?\)\]   # [?(@.type=="Ready")]
    """,
    re.VERBOSE,
)


def _json_path(text: str) -> Check:
    path, wanted = _split(text)
    inside = path[1:-1] if path.startswith("{") and path.endswith("}") else path
    inside = inside.removeprefix("$")
    steps, position = [], 0
    inside = inside if inside.startswith((".", "[")) else f".{inside}"
    while position < len(inside):
        match = _STEP.match(inside, position)
        if match is None:
            raise ProviderError(
                f"pulumi.com/waitFor: {path!r} isn't a JSONPath that kubectl would take (at {inside[position:]!r})"
            )
        steps.append(match)
        position = match.end()

    def check(obj: Object) -> Status:
        values: list[Any] = [obj]
        for step in steps:
            values = [found for value in values for found in _follow(value, step)]
        shown = ", ".join(_text(value) for value in values)
        if values and (wanted is None or (len(values) == 1 and shown == wanted)):
            return Status(True, f"found {path}")
        target = f"{path}={wanted}" if wanted is not None else path
        return Status(False, f"waiting for {target}" + (f" (found {shown})" if values else ""))

    return check


def _split(text: str) -> tuple[str, str | None]:
    if text.startswith("{"):
        end = text.rfind("}") + 1
        path, rest = text[:end], text[end:]
        return path, (rest.removeprefix("=").strip("'\"") if rest.startswith("=") else None)
    path, equals, value = text.partition("=")
    return path, (value.strip("'\"") if equals else None)


def _follow(value: Any, step: re.Match[str]) -> list[Any]:
    if step["field"]:
        items = value if isinstance(value, list) else []
        keys = step["field"][1:].split(".")
        return [item for item in items if _text(pluck(item, *keys)) == step["value"]]
    if step["index"] is not None:
        items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        if step["index"] == "*":
            return items
        number = int(step["index"])
        return [items[number]] if -len(items) <= number < len(items) else []
    key = (step["key"] or step["quoted"]).replace("\\.", ".")
    return [value[key]] if isinstance(value, dict) and key in value else []


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)
