"""Rows on their way online: `POST /write` {"view", "rows": [[key, {feature: value}, seconds]]}, bytes in base64."""

from __future__ import annotations

import base64
from typing import Any

from .online import QuestionError
from .views import Project, View

MOST_ROWS = 5000
Row = tuple[bytes, dict[str, bytes], float]
"""Key, values by feature, and when they were so."""


def parse(project: Project, body: Any) -> tuple[View, list[Row]]:
    """What is to be kept.

    Raises:
        QuestionError: It can't be.
    """
    if not isinstance(body, dict) or not isinstance(rows := body.get("rows"), list):
        raise QuestionError('send {"view": name, "rows": [[key, {feature: value}, seconds]]}')
    view = project.views.get(str(body.get("view")))
    if view is None:
        raise QuestionError(f"there is no feature view {body.get('view')} that is online: apply it first")
    if len(rows) > MOST_ROWS:
        raise QuestionError(f"more than {MOST_ROWS} rows")
    try:
        return view, [_row(view, row) for row in rows]
    except (TypeError, ValueError, AttributeError) as error:
        raise QuestionError(f"a row of feature view {view.name}: {error}") from None


def _row(view: View, row: Any) -> Row:
    key, values, when = row
    if unknown := set(values) - set(view.features):
        raise ValueError(f"no feature {sorted(unknown)[0]}")
    decoded = {name: base64.b64decode(value, validate=True) for name, value in values.items()}
    return base64.b64decode(key, validate=True), decoded, float(when)
