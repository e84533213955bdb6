"""What the feature store is given of a day (`definitions`), and how training data comes back from it.

The slice of a day was made the day before and is known from the day's first moment on. A value at that moment is made
of the slices up to it, and of no rating after it.
"""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any, Protocol

import numpy as np
import pandas as pd

USERS, ITEMS = "user_statistics", "item_statistics"
HISTORY = f"{USERS}:history"
WHEN = "event_timestamp"


class Store(Protocol):
    """The team's feature store, as `mlplatform_airflow.features` has it."""

    def apply(self, path: str) -> list[str]:
        """Definitions of a file become the project's."""

    def training(self, entities: pd.DataFrame, features: list[str]) -> pd.DataFrame:
        """Features joined to entities as they were then."""

    def materialize(
        self, views: list[str] | None = None, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[str]:
        """Values of an interval go online."""


def moment(day: date) -> datetime:
    """From when on a day's slice is known."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def key(view: str, day: date) -> str:
    """Of a day's file in the team's bucket."""
    return f"features/{view}/{day.isoformat()}.parquet"


def users(ratings: pd.DataFrame, day: date) -> pd.DataFrame:
    """A row a user, of ordered ratings up to the day."""
    by_user = ratings.groupby("user")
    return pd.DataFrame(
        {
            "history": by_user["item"].apply(lambda items: items.to_numpy(np.int64)),
            "ratings": by_user.size(),
            "mean_rating": by_user["rating"].mean(),
        }
    ).reset_index().assign(**{WHEN: moment(day)})  # fmt: skip


def items(ratings: pd.DataFrame, day: date) -> pd.DataFrame:
    """A row an item, of ratings up to the day."""
    by_item = ratings.groupby("item")
    count = by_item["user"].nunique()
    return pd.DataFrame(
        {"users": count, "popularity": count / ratings["user"].nunique(), "mean_score": by_item["rating"].mean()}
    ).reset_index().assign(**{WHEN: moment(day)})  # fmt: skip


def parquet(rows: pd.DataFrame) -> bytes:
    """Rows as a file."""
    body = io.BytesIO()
    rows.to_parquet(body, index=False)
    return body.getvalue()


def asked(known: pd.Series, day: date) -> pd.DataFrame:
    """The question for training data: these users, at the day's first moment."""
    return pd.DataFrame({"user": np.sort(known.unique())}).assign(**{WHEN: moment(day)})


def used(joined: pd.DataFrame) -> pd.DataFrame:
    """Users and items in each user's order, out of training data."""
    lengths = joined["history"].map(len)
    items_ = np.concatenate([np.asarray(history, np.int64) for history in joined["history"]])
    return pd.DataFrame({"user": np.repeat(joined["user"].to_numpy(np.int64), lengths), "item": items_})


def text(found: Any) -> str:
    """What was applied or put online, for a line of the log."""
    return ", ".join(found) or "nothing new"
