from __future__ import annotations

import pandas as pd
import pytest

from examples.keyword_recommender import data


@pytest.fixture(scope="session")
def raw() -> pd.DataFrame:
    return data.load()


@pytest.fixture(scope="session")
def ratings(raw: pd.DataFrame) -> pd.DataFrame:
    return data.ordered(raw)


@pytest.fixture(scope="session")
def few(ratings: pd.DataFrame) -> pd.DataFrame:
    """The first 60 users: small enough to train on in a blink."""
    return ratings[ratings["user"] <= 60].reset_index(drop=True)
