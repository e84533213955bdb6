"""What the registry keeps, in the tables of Feast's own SQL registry, and the keys of teams beside them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool

from .kinds import KINDS, PROJECT, Kind

KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
PATIENCE = 10.0
"""Seconds that a request waits for a connection."""
LOCK = 0x6D6C6665
"""Who holds it may make tables: any number, the same in every pod."""
MORE = {"feature_views": ", materialized_intervals BYTEA, user_metadata BYTEA"}
"""Columns that Feast has besides."""


class Kept(Protocol):
    """Objects by kind, project and name; teams by their keys' hashes."""

    def get(self, kind: Kind, project: str, name: str) -> Any | None:
        """An object's message."""

    def all(self, kind: Kind, project: str) -> list[Any]:
        """Messages of a kind, by name."""

    def put(self, kind: Kind, project: str, name: str, message: Any) -> None:
        """Keep an object, in place of the one of its name."""

    def delete(self, kind: Kind, project: str, name: str) -> bool:
        """Whether there was one."""

    def projects(self) -> list[str]:
        """Their names."""

    def purge(self, project: str) -> None:
        """Nothing of a project is left."""

    def team(self, digest: str) -> str | None:
        """Whose key has this hash."""

    def set_key(self, team: str, digest: str | None) -> None:
        """Give a team this key alone, or none."""


class Tables:
    """The same in PostgreSQL."""

    def __init__(self, address: str) -> None:
        kwargs = {"autocommit": True, **KEEPALIVE}
        self.pool = ConnectionPool(
            address, min_size=1, max_size=4, open=False, kwargs=kwargs, check=ConnectionPool.check_connection
        )

    def open(self, seconds: float) -> None:
        """Connect, and make what isn't there."""
        self.pool.open(wait=True, timeout=seconds)
        with self._do() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
            for kind in KINDS:
                connection.execute(_table(kind))
            connection.execute(
                "CREATE TABLE IF NOT EXISTS mlplatform_teams (team TEXT PRIMARY KEY, key_sha256 TEXT NOT NULL UNIQUE)"
            )
            connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))

    def get(self, kind: Kind, project: str, name: str) -> Any | None:
        """An object's message."""
        found = self._rows(kind, "project_id = %s AND {id} = %s", (project, name))
        return found[0] if found else None

    def all(self, kind: Kind, project: str) -> list[Any]:
        """Messages of a kind, by name."""
        return self._rows(kind, "project_id = %s ORDER BY {id}", (project,))

    def put(self, kind: Kind, project: str, name: str, message: Any) -> None:
        """Keep an object, in place of the one of its name."""
        columns = [kind.id, *(["project_name"] if kind is PROJECT else []), "last_updated_timestamp", kind.column]
        key = [project if kind is PROJECT else name, *([name] if kind is PROJECT else [])]
        if kind is PROJECT:
            columns[0], keys = "project_id", ["project_id"]
        else:
            columns, key, keys = ["project_id", *columns], [project, *key], [kind.id, "project_id"]
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}").format(
            sql.Identifier(kind.table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
            sql.SQL(", ").join(map(sql.Identifier, keys)),
            sql.SQL(", ").join(
                sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(column)) for column in columns if column not in keys
            ),
        )
        with self._do() as connection:
            connection.execute(statement, (*key, int(time.time()), message.SerializeToString()))

    def delete(self, kind: Kind, project: str, name: str) -> bool:
        """Whether there was one."""
        statement = sql.SQL("DELETE FROM {} WHERE project_id = %s AND {} = %s").format(
            sql.Identifier(kind.table), sql.Identifier(kind.id)
        )
        with self._do() as connection:
            return bool(connection.execute(statement, (project, name)).rowcount)

    def projects(self) -> list[str]:
        """Their names."""
        with self._do() as connection:
            return [row[0] for row in connection.execute("SELECT project_id FROM projects ORDER BY 1").fetchall()]

    def purge(self, project: str) -> None:
        """Nothing of a project is left."""
        with self._do() as connection, connection.transaction():
            for kind in KINDS:
                statement = sql.SQL("DELETE FROM {} WHERE project_id = %s").format(sql.Identifier(kind.table))
                connection.execute(statement, (project,))

    def team(self, digest: str) -> str | None:
        """Whose key has this hash."""
        with self._do() as connection:
            row = connection.execute("SELECT team FROM mlplatform_teams WHERE key_sha256 = %s", (digest,)).fetchone()
        return str(row[0]) if row else None

    def set_key(self, team: str, digest: str | None) -> None:
        """Give a team this key alone, or none."""
        with self._do() as connection:
            if digest is None:
                connection.execute("DELETE FROM mlplatform_teams WHERE team = %s", (team,))
                return
            connection.execute(
                "INSERT INTO mlplatform_teams VALUES (%s, %s)"
                " ON CONFLICT (team) DO UPDATE SET key_sha256 = EXCLUDED.key_sha256",
                (team, digest),
            )

    def _rows(self, kind: Kind, where: str, values: tuple[str, ...]) -> list[Any]:
        statement = sql.SQL("SELECT {column} FROM {table} WHERE {where}").format(
            where=sql.SQL(where).format(id=sql.Identifier(kind.id)),
            column=sql.Identifier(kind.column),
            table=sql.Identifier(kind.table),
        )
        with self._do() as connection:
            rows = connection.execute(statement, values).fetchall()
        return [kind.message.FromString(bytes(row[0])) for row in rows]

    @contextmanager
    def _do(self) -> Iterator[psycopg.Connection[Any]]:
        with self.pool.connection(timeout=PATIENCE) as connection:
            yield connection


def _table(kind: Kind) -> sql.Composed:
    """As Feast's SQL registry makes it, so that it can take over."""
    if kind is PROJECT:
        columns = "project_id VARCHAR(255) PRIMARY KEY, project_name VARCHAR(255) NOT NULL, "
        rest = ""
    else:
        columns = "{id} VARCHAR(255), project_id VARCHAR(255), "
        rest = MORE.get(kind.table, "") + ", PRIMARY KEY ({id}, project_id)"
    text = "CREATE TABLE IF NOT EXISTS {table} (" + columns
    text += "last_updated_timestamp BIGINT NOT NULL, {column} BYTEA NOT NULL" + rest + ")"
    return sql.SQL(text).format(
        table=sql.Identifier(kind.table), id=sql.Identifier(kind.id), column=sql.Identifier(kind.column)
    )
