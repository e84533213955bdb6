"""A double takes psycopg2's place, and there is no server."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.doubles.postgres import Postgres


@pytest.fixture
def postgres(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postgres]:
    """A server of this test alone."""
    from images.tenancy.tenancy import database

    server = Postgres()
    for name, module in server.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
        if name == "psycopg2":
            monkeypatch.setattr(database, "psycopg2", module)
        elif hasattr(database, name.partition(".")[2]):
            monkeypatch.setattr(database, name.partition(".")[2], module)
    yield server
