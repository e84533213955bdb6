"""The team's online values, in the tables that Feast's Postgres online store writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from .online import Question
from .views import SCHEMA

PATIENCE = 2.0
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


class Store:
    """Reads; it never writes."""

    def __init__(self, address: str) -> None:
        options = "-c default_transaction_read_only=on -c statement_timeout=5s"
        kwargs: dict[str, Any] = {"autocommit": True, "options": options, **KEEPALIVE}
        self.pool = AsyncConnectionPool(address, min_size=1, max_size=4, open=False, kwargs=kwargs, timeout=PATIENCE)
        self.tables: frozenset[str] = frozenset()

    async def look(self) -> None:
        """Which tables there are: a view that was never materialised has none."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (SCHEMA,))
            self.tables = frozenset([row[0] for row in await cursor.fetchall()])

    async def read(self, question: Question) -> dict[tuple[str, bytes], tuple[float, dict[str, bytes]]]:
        """All that is asked, in one statement."""
        parts, arguments = [], []
        for name, (view, features) in question.by_view().items():
            if view.table in self.tables:
                parts.append(_PART.format(name=sql.Literal(name), table=sql.Identifier(SCHEMA, view.table)))
                arguments += [question.keys[name], features]
        found: dict[tuple[str, bytes], tuple[float, dict[str, bytes]]] = {}
        if not parts:
            return found
        async with self.pool.connection() as connection:
            cursor = await connection.execute(sql.SQL(" UNION ALL ").join(parts), arguments, binary=True)
            for view_name, key, feature, value, when in await cursor.fetchall():
                found.setdefault((view_name, bytes(key)), (when, {}))[1][feature] = bytes(value)
        return found


_PART = sql.SQL(
    "SELECT {name}, entity_key, feature_name, value, EXTRACT(EPOCH FROM event_ts)::float8 FROM {table}"
    " WHERE entity_key = ANY(%s) AND feature_name = ANY(%s)"
)
Answered = Mapping[tuple[str, bytes], tuple[float, Mapping[str, bytes]]]
