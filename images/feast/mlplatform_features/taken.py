"""What the registry takes: definitions that are data. Code in them would run where others read them.

Feast keeps transformations as pickles, which run in whoever lists them: in its registry server, and in each team that
a view is shared with. A registry of many teams takes none. Transformations are the work of pipelines.
"""

from __future__ import annotations

import re
from typing import Any

from .grants import PATTERN
from .problem import RefusedError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
LONGEST = 63
"""Characters of a table's name in PostgreSQL."""
MOST_BYTES = 256 * 1024
SOURCES = {
    "BATCH_FILE": "feast.infra.offline_stores.file_source.FileSource",
    "PUSH_SOURCE": "feast.data_source.PushSource",
}
"""Where features may come from: files, and what is pushed."""


def check(kind: str, message: Any, project: str) -> None:
    """Refuse what can't be kept.

    Raises:
        RefusedError: With the reason.
    """
    if message.ByteSize() > MOST_BYTES:
        raise RefusedError(f"a definition of more than {MOST_BYTES // 1024} KiB")
    for found in _walk(message):
        _check_one(found)
    if kind == "feature_views":
        _check_view(message.spec, project)
    if kind == "permissions":
        for pattern in message.spec.name_patterns:
            if not PATTERN.fullmatch(pattern):
                raise RefusedError(f"name pattern {pattern!r} of a Permission: use a name, or its beginning and .*")


def _check_view(spec: Any, project: str) -> None:
    if not NAME.fullmatch(spec.name):
        raise RefusedError(f"feature view {spec.name!r}: use letters, digits and '_' in its name")
    if len(f"{project}_{spec.name}_ek") > LONGEST:
        raise RefusedError(f"feature view {spec.name}: its name is too long for its table")
    if spec.version not in ("", "latest"):
        raise RefusedError(f"feature view {spec.name}: versions aren't kept; leave `version` away")


def _check_one(message: Any) -> None:
    name = message.DESCRIPTOR.name
    if name.startswith(("UserDefinedFunction", "SubstraitTransformation", "FeatureTransformation")):
        raise RefusedError("a transformation: the registry keeps no code, do that in a pipeline")
    if name == "DataSource":
        kind = message.DESCRIPTOR.enum_types_by_name["SourceType"].values_by_number[message.type].name
        if kind not in SOURCES:
            raise RefusedError(f"data source {message.name} of type {kind}: use {' or '.join(SOURCES)}")
        if message.data_source_class_type not in ("", SOURCES[kind]):
            raise RefusedError(f"data source {message.name} of class {message.data_source_class_type}: use Feast's own")
    if name in ("CustomSourceOptions", "CustomDestination"):
        raise RefusedError("a data source of a class of its own: use files")


def _walk(message: Any) -> Any:
    """A message and all that is in it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            inner = field.message_type.fields_by_name["value"].message_type
            values = value.values() if inner is not None else ()
        else:
            values = value if field.is_repeated else (value,)
        for found in values:
            yield from _walk(found)
