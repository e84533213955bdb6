"""The synthetic calendar: each day a slice of the published ratings arrives, as if people had used keywords that day.

There are 30 slices, each the next thirtieth of every user's ratings. The first arrives on the calendar's first day;
after the last they begin anew, so that every later day has its slice. A date alone says what has arrived by then.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import pandas as pd

from . import data

FIRST = date(2020, 1, 1)
"""Of the calendar; long ago, so that years of days can be filled in."""
SLICES = 30
_PUBLISHED = {"user": "userId", "item": "movieId"}


def number(day: date) -> int:
    """Which slice arrives on a day, from 1 to SLICES.

    Raises:
        ValueError: The day is before the calendar.
    """
    if day < FIRST:
        raise ValueError(f"{day} is before the first synthetic day, {FIRST}")
    return (day - FIRST).days % SLICES + 1


def until(day: date) -> list[date]:
    """The days whose slices have arrived by the end of a day, the oldest first: since the slices last began anew."""
    return [day - timedelta(days=back) for back in range(number(day) - 1, -1, -1)]


def arriving(day: date) -> pd.DataFrame:
    """A day's slice, a row a rating, in the publisher's column names."""
    return data.day(_ratings(), number(day), SLICES).rename(columns=_PUBLISHED).reset_index(drop=True)


@cache
def _ratings() -> pd.DataFrame:
    return data.ordered(data.load())
