"""A project's feature views as the feature server needs them, out of Feast's message Registry. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import lean

SCHEMA = "features"
"""Of the team's database: online values are there and nothing else."""
STALE_AFTER = "stale_after_seconds"
"""Tag of a view that may be older, or has to be younger, than the spec says."""
DUMMY = "__dummy_id"
"""Feast's join key of a view without entities."""


@dataclass(frozen=True)
class View:
    """One of them."""

    name: str
    table: str
    features: tuple[str, ...]
    keys: tuple[tuple[str, int], ...]
    """Its join keys and their types, as Feast numbers them."""
    ttl: float
    """Seconds that a value holds; 0 for ever."""
    made: float
    """When the view was, as a time stamp."""
    materialized: float
    """Until when its values are online; 0 if they never were."""
    stale_after: float
    """Seconds after which it is stale."""


@dataclass(frozen=True)
class Project:
    """All of them by name, and services as lists of (view, feature)."""

    name: str
    views: Mapping[str, View] = field(default_factory=dict)
    services: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


def read(name: str, body: bytes, stale_after: float) -> Project:
    """From a message; views that aren't served online are left out."""
    lean.feast()
    from feast.protos.feast.core.Registry_pb2 import Registry

    return project(name, Registry.FromString(body), stale_after)


def project(name: str, whole: Any, stale_after: float) -> Project:
    """The same of a message that is read."""
    entities = {one.spec.name: (one.spec.join_key or one.spec.name, one.spec.value_type) for one in whole.entities}
    views = {one.spec.name: _view(name, one, entities, stale_after) for one in whole.feature_views if one.spec.online}
    services = {
        one.spec.name: tuple(
            (part.feature_view_name, column.name) for part in one.spec.features for column in part.feature_columns
        )
        for one in whole.feature_services
    }
    return Project(name, views, services)


def _view(project: str, one: Any, entities: Mapping[str, tuple[str, int]], stale_after: float) -> View:
    spec = one.spec
    columns = {column.name: column.value_type for column in spec.entity_columns}
    keys = [entities[name] for name in spec.entities if name in entities and entities[name][0] != DUMMY]
    ends = [interval.end_time.ToNanoseconds() / 1e9 for interval in one.meta.materialization_intervals]
    return View(
        name=spec.name,
        table=f"{project}_{spec.name}",
        features=tuple(column.name for column in spec.features),
        keys=tuple((key, columns.get(key, type_)) for key, type_ in keys),
        ttl=spec.ttl.ToNanoseconds() / 1e9,
        made=one.meta.created_timestamp.ToNanoseconds() / 1e9,
        materialized=max(ends, default=0.0),
        stale_after=_seconds(spec.tags.get(STALE_AFTER, ""), stale_after),
    )


def _seconds(text: str, default: float) -> float:
    try:
        return float(text)
    except ValueError:
        return default
