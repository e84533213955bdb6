"""From a question to its answer, as Feast's feature server gives it: `POST /get-online-features`. Pure but for rows."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from . import values
from .problem import NotAllowedError
from .views import Project, View

MOST_ROWS = 1000
MOST_FEATURES = 500
PRESENT, NOT_FOUND, NULL, TOO_OLD = "PRESENT", "NOT_FOUND", "NULL_VALUE", "OUTSIDE_MAX_AGE"
NEVER = "1970-01-01T00:00:00Z"
Kept = Mapping[tuple[str, bytes], tuple[float, Mapping[str, bytes]]]
"""By view and key: when it was, and the features' kept values."""


class QuestionError(Exception):
    """A question that has no answer: what is wrong with it."""


@dataclass(frozen=True)
class Question:
    """What is asked, with all that it takes to answer it."""

    wanted: tuple[tuple[View, str], ...]
    """Views and features, in order."""
    entities: Mapping[str, list[Any]]
    rows: int
    keys: Mapping[str, list[bytes]]
    """By view: a key a row."""
    full_names: bool

    @property
    def names(self) -> list[str]:
        """Of what is answered: the entities', then the features'."""
        names = [f"{view.name}__{feature}" if self.full_names else feature for view, feature in self.wanted]
        return [*self.entities, *names]

    def by_view(self) -> dict[str, tuple[View, list[str]]]:
        """The features that are asked of each view."""
        found: dict[str, tuple[View, list[str]]] = {}
        for view, feature in self.wanted:
            found.setdefault(view.name, (view, []))[1].append(feature)
        return found


def parse(project: Project, body: Any, readable: Iterable[str] | None) -> Question:
    """The question of a body.

    Args:
        project: What there is.
        body: Decoded JSON.
        readable: The views that whoever asks may read; None for all.

    Raises:
        QuestionError: It isn't one.
        NotAllowedError: It asks for what may not be read, or isn't there for whoever asks.
    """
    if not isinstance(body, dict) or not isinstance(entities := body.get("entities"), dict) or not entities:
        raise QuestionError('send {"features": ["view:feature"], "entities": {"key": [1, 2]}}')
    columns = {str(name): column for name, column in entities.items()}
    sizes = {len(column) if isinstance(column, list) else -1 for column in columns.values()}
    if len(sizes) != 1 or -1 in sizes:
        raise QuestionError("entities must be lists, all of one length")
    if (rows := sizes.pop()) > MOST_ROWS:
        raise QuestionError(f"{rows} entities: ask for at most {MOST_ROWS} at once")
    wanted = _wanted(project, body, None if readable is None else frozenset(readable))
    question = Question(
        tuple(wanted), columns, rows, _keys({view for view, _ in wanted}, columns, rows),
        body.get("full_feature_names") is True,
    )  # fmt: skip
    if twice := {name for name in question.names if question.names.count(name) > 1}:
        raise QuestionError(f"{sorted(twice)[0]} is asked for twice: send full_feature_names")
    return question


def _wanted(project: Project, body: Mapping[str, Any], readable: frozenset[str] | None) -> list[tuple[View, str]]:
    if (service := body.get("feature_service")) is not None:
        pairs: Sequence[tuple[str, str]] = project.services.get(str(service), ())
        if not pairs:
            raise NotAllowedError(f"there is no feature service {service} for you in project {project.name}")
    else:
        asked = body.get("features")
        if not isinstance(asked, list) or not 1 <= len(asked) <= MOST_FEATURES:
            raise QuestionError(f"features must be a list of 1 to {MOST_FEATURES} texts such as view:feature")
        pairs = [_pair(one) for one in asked]
    found = []
    for name, feature in pairs:
        view = project.views.get(name)
        # One that may not be read looks as one that isn't there.
        if view is None or (readable is not None and name not in readable):
            raise NotAllowedError(f"there is no feature view {name} for you in project {project.name}")
        if feature not in view.features:
            raise QuestionError(f"feature view {name} has no feature {feature}: it has {', '.join(view.features)}")
        found.append((view, feature))
    return found


def _pair(one: Any) -> tuple[str, str]:
    view, colon, feature = str(one).partition(":")
    if not isinstance(one, str) or not colon:
        raise QuestionError(f"{one!r} is no feature: write view:feature")
    return view, feature


def _keys(views: Iterable[View], columns: Mapping[str, list[Any]], rows: int) -> dict[str, list[bytes]]:
    found = {}
    for view in views:
        names, types = [name for name, _ in view.keys], [type_ for _, type_ in view.keys]
        if missing := [name for name in names if name not in columns]:
            raise QuestionError(f"feature view {view.name} needs entity {missing[0]}")
        try:
            found[view.name] = [values.key(names, types, [columns[name][row] for name in names]) for row in range(rows)]
        except ValueError as error:
            raise QuestionError(f"entity of feature view {view.name}: {error}") from None
    return found


def answer(question: Question, kept: Kept, now: float | None = None) -> dict[str, Any]:
    """What Feast's server answers; a value that is older than its view's `ttl` is none, as it is in training data."""
    now = time.time() if now is None else now
    results = [
        {"values": column, "statuses": [PRESENT] * question.rows, "event_timestamps": [NEVER] * question.rows}
        for column in question.entities.values()
    ]
    for view, feature in question.wanted:
        cells = [_cell(view, feature, kept.get((view.name, key)), now) for key in question.keys[view.name]]
        results.append(
            {
                "values": [cell[0] for cell in cells],
                "statuses": [cell[1] for cell in cells],
                "event_timestamps": [cell[2] for cell in cells],
            }
        )
    return {"metadata": {"feature_names": question.names}, "results": results}


def _cell(view: View, feature: str, row: tuple[float, Mapping[str, bytes]] | None, now: float) -> tuple[Any, str, str]:
    if row is None or feature not in row[1]:
        return None, NOT_FOUND, NEVER
    when = datetime.fromtimestamp(row[0], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if view.ttl and row[0] < now - view.ttl:
        return None, TOO_OLD, when
    value = values.plain(row[1][feature])
    return value, NULL if value is None else PRESENT, when
