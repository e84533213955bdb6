"""What is done with the whole of Feast: definitions applied, values put online, training data joined.

As FEAST_FS_YAML_FILE_PATH says. What is put online goes by the team's feature server (`writer`).
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

WHEN = "event_timestamp"

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


def materialize(
    until: str | None = None, views: Sequence[str] | None = None, since: str | None = None
) -> dict[str, Any]:
    """Put online what has come since the last time, or since `since`, up to `until` (ISO 8601; now by default).

    Again for the same time: nothing new.

    Raises:
        Problem: It can't be done.
    """
    end = _time(until)
    with _explained("materialize"):
        every = store().list_feature_views()
        chosen = _chosen(every, views, None if since else end)
        if chosen and since:
            store().materialize(start_date=_time(since), end_date=end, feature_views=chosen)
        elif chosen:
            store().materialize_incremental(end_date=end, feature_views=chosen)
    return {"materialized": chosen, "until": end.isoformat()}


def _chosen(every: Iterable[Any], views: Sequence[str] | None, end: datetime | None) -> list[str]:
    """The views that are asked for; with an end, those that aren't there yet."""
    known = {view.name: view for view in every}
    if missing := [name for name in views or () if name not in known]:
        raise Problem(f"there is no feature view {missing[0]}", f"it has {', '.join(known) or 'none'}")
    asked = [known[name] for name in (known if views is None else views)]
    online = [view for view in asked if view.online]
    if end is None:
        return [view.name for view in online]
    done = {view.name: view.most_recent_end_time for view in online}
    return [name for name, when in done.items() if when is None or _aware(when) < end]


def training(entities: str, features: Sequence[str], into: str) -> dict[str, Any]:
    """Join features to entities as they were then: what came after a row's `event_timestamp` isn't in it.

    Feast's own join over files loses each row of which a view has no value yet, with what other views know of it, and
    each row that is there twice (seen in 0.67). So each view is asked alone, once for each question, and every row is
    there afterwards, in its place.

    Args:
        entities: A parquet file with the join keys and `event_timestamp`; other columns stay.
        features: As view:feature.
        into: The parquet file to write, in the order of the entities.

    Raises:
        Problem: It can't be done.
    """
    import pandas as pd

    frame = pd.read_parquet(entities)
    if WHEN not in frame.columns:
        raise Problem(f"the entities have no column {WHEN}", "say when each row was")
    times = pd.to_datetime(frame[WHEN], utc=True)
    joined = frame
    for view, names in _by_view(features, frame.columns).items():
        with _explained("training"):
            keys = [column.name for column in store().get_feature_view(view).entity_columns]
            if missing := [key for key in keys if key not in frame.columns]:
                raise Problem(f"the entities have no column {missing[0]}, which feature view {view} goes by")
            asked = frame[keys].assign(**{WHEN: times})
            wanted = [f"{view}:{name}" for name in names]
            found = store().get_historical_features(entity_df=asked.drop_duplicates(), features=wanted).to_df()
        found[WHEN] = pd.to_datetime(found[WHEN], utc=True).astype(times.dtype)
        values = asked.merge(found[[*keys, WHEN, *names]], how="left", on=[*keys, WHEN], validate="m:1")[names]
        joined = pd.concat([joined, values.set_axis(frame.index)], axis=1)
    joined.to_parquet(into, index=False)
    return {"rows": len(joined), "columns": list(joined.columns)}


def _by_view(features: Sequence[str], taken: Iterable[str]) -> dict[str, list[str]]:
    """Names of features by their views."""
    found: dict[str, list[str]] = {}
    seen = set(taken)
    for feature in features:
        view, colon, name = feature.partition(":")
        if not colon:
            raise Problem(f"{feature!r} is no feature", "write view:feature")
        if name in seen:
            raise Problem(f"there are two columns {name}", "rename one of them")
        seen.add(name)
        found.setdefault(view, []).append(name)
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
