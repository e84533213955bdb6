"""The team's online values, in tables as Feast's Postgres online store has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from .online import Kept, Question
from .views import SCHEMA, View
from .writing import Row

PATIENCE = 2.0
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


class Store:
    """Values by view, key and feature."""

    def __init__(self, address: str) -> None:
        kwargs: dict[str, Any] = {"autocommit": True, "options": "-c statement_timeout=30s", **KEEPALIVE}
        self.pool = AsyncConnectionPool(address, min_size=1, max_size=4, open=False, kwargs=kwargs, timeout=PATIENCE)
        self.tables: frozenset[str] = frozenset()

    async def look(self) -> None:
        """Which tables there are: a view that was never materialised has none."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (SCHEMA,))
            self.tables = frozenset([row[0] for row in await cursor.fetchall()])

    async def read(self, question: Question) -> Kept:
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

    async def write(self, view: View, rows: Sequence[Row]) -> None:
        """Keep rows; what is newer stays, so that days may come in any order and twice."""
        cells = [(key, feature, value, when) for key, values, when in rows for feature, value in values.items()]
        if not cells:
            return
        columns = [list(column) for column in zip(*cells, strict=True)]
        table = sql.Identifier(SCHEMA, view.table)
        async with self.pool.connection() as connection, connection.transaction():
            if view.table not in self.tables:
                await connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
                await connection.execute(_TABLE.format(table=table))
            await connection.execute(_UPSERT.format(table=table), columns)
        if view.table not in self.tables:
            await self.look()


_PART = sql.SQL(
    "SELECT {name}, entity_key, feature_name, value, EXTRACT(EPOCH FROM event_ts)::float8 FROM {table}"
    " WHERE entity_key = ANY(%s) AND feature_name = ANY(%s)"
)
_TABLE = sql.SQL(
    "CREATE TABLE IF NOT EXISTS {table} (entity_key BYTEA, feature_name TEXT, value BYTEA, value_text TEXT,"
    " vector_value BYTEA, event_ts TIMESTAMPTZ, created_ts TIMESTAMPTZ, PRIMARY KEY (entity_key, feature_name))"
)
_UPSERT = sql.SQL(
    "INSERT INTO {table} AS kept (entity_key, feature_name, value, event_ts, created_ts)"
    " SELECT DISTINCT ON (1, 2) key, feature, value, to_timestamp(at), now()"
    " FROM unnest(%s::bytea[], %s::text[], %s::bytea[], %s::float8[]) AS new (key, feature, value, at)"
    " ORDER BY 1, 2, at DESC"
    " ON CONFLICT (entity_key, feature_name) DO UPDATE"
    " SET value = EXCLUDED.value, event_ts = EXCLUDED.event_ts, created_ts = EXCLUDED.created_ts"
    " WHERE kept.event_ts <= EXCLUDED.event_ts"
)
