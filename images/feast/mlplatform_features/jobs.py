"""What is done with the whole of Feast: definitions applied, values put online, training data joined.

As FEAST_FS_YAML_FILE_PATH says. What is written online goes straight to the team's database.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .problem import Problem

if TYPE_CHECKING:
    from feast import FeatureStore


@cache
def store() -> FeatureStore:
    """The team's."""
    import feast

    return feast.FeatureStore()


def load(path: str) -> list[Any]:
    """The objects that a Python file, or each file of a folder, defines at its top.

    Raises:
        Problem: There is none, or a file can't be imported.
    """
    from feast.feast_object import ALL_RESOURCE_TYPES

    where = Path(path)
    files = sorted(where.glob("*.py")) if where.is_dir() else [where]
    found: dict[int, Any] = {}
    for file in files:
        module = _imported(file)
        for value in vars(module).values():
            if isinstance(value, tuple(ALL_RESOURCE_TYPES)):
                found[id(value)] = value
    if not found:
        raise Problem(f"{where.name} defines no feature view", "name Entity, FeatureView, ... at the top of a module")
    return list(found.values())


def _imported(file: Path) -> Any:
    name = f"definitions_{file.stem}"
    specification = importlib.util.spec_from_file_location(name, file)
    if specification is None or specification.loader is None or not file.is_file():
        raise Problem(f"{file.name} isn't a Python file")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    sys.path.insert(0, str(file.parent))
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        raise Problem(f"{file.name} can't be imported: {type(error).__name__}: {error}", "mend it") from error
    finally:
        sys.path.remove(str(file.parent))
    return module


def apply(path: str) -> dict[str, Any]:
    """Definitions of a file or folder become the project's; those that aren't in it stay.

    Raises:
        Problem: They can't.
    """
    objects = load(path)
    with _explained("apply"):
        store().apply(objects)
    return {"applied": sorted(f"{type(one).__name__} {one.name}" for one in objects)}


def materialize(until: str | None = None, views: Sequence[str] | None = None) -> dict[str, Any]:
    """Put online what has come since the last time, up to `until` (ISO 8601; now by default).

    Again for the same time: nothing.

    Raises:
        Problem: It can't be done.
    """
    end = _time(until)
    with _explained("materialize"):
        every = store().list_feature_views()
        chosen = _chosen(every, views, end)
        _tables(every)
        if chosen:
            store().materialize_incremental(end_date=end, feature_views=chosen)
    return {"materialized": chosen, "until": end.isoformat()}


def _chosen(every: Iterable[Any], views: Sequence[str] | None, end: datetime) -> list[str]:
    """The views that aren't there yet."""
    known = {view.name: view for view in every}
    if missing := [name for name in views or () if name not in known]:
        raise Problem(f"there is no feature view {missing[0]}", f"it has {', '.join(known) or 'none'}")
    asked = [known[name] for name in (known if views is None else views)]
    done = {view.name: view.most_recent_end_time for view in asked}
    return [
        view.name for view in asked if view.online and (done[view.name] is None or _aware(done[view.name]) < end)
    ]


def _tables(views: Sequence[Any]) -> None:
    """Where values are kept: who applies definitions from elsewhere reaches no database."""
    store()._get_provider().update_infra(
        project=store().project,
        tables_to_delete=[],
        tables_to_keep=views,
        entities_to_delete=[],
        entities_to_keep=[],
        partial=True,
    )


def training(entities: str, features: Sequence[str], into: str) -> dict[str, Any]:
    """Join features to entities as they were then: what came after a row's `event_timestamp` isn't in it.

    Args:
        entities: A parquet file with the join keys and `event_timestamp`; other columns stay.
        features: As view:feature.
        into: The parquet file to write, in the order of the entities.

    Raises:
        Problem: It can't be done.
    """
    import pandas as pd

    frame = pd.read_parquet(entities)
    order = "__order"
    with _explained("training"):
        # Rows come back by time, and equal ones once: each is numbered.
        asked = frame.assign(**{order: range(len(frame))})
        found = store().get_historical_features(entity_df=asked, features=list(features)).to_df()
    found = found.sort_values(order).drop(columns=order).reset_index(drop=True)
    found.to_parquet(into, index=False)
    return {"rows": len(found), "columns": list(found.columns)}


def online(entities: dict[str, list[Any]], features: Sequence[str]) -> dict[str, Any]:
    """The values that are online now, by name.

    Raises:
        Problem: They can't be had.
    """
    with _explained("online"):
        rows = [dict(zip(entities, values, strict=True)) for values in zip(*entities.values(), strict=True)]
        found: dict[str, Any] = store().get_online_features(features=list(features), entity_rows=rows).to_dict()
    return found


def _time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        return _aware(datetime.fromisoformat(text))
    except ValueError:
        raise Problem(f"{text!r} is no time", "write it as 2026-01-31T00:00:00") from None


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except Problem:
        raise
    except Exception as error:
        if os.environ.get("MLP_TRACE"):
            raise
        raise Problem(f"{what}: {type(error).__name__}: {error}") from error
