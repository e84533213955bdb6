"""A role and a database that it owns, both of one name, on a PostgreSQL server."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from psycopg2 import errorcodes, extensions, sql

from .errors import ToolError, first_line, unreachable

TEMPLATE_OWNER = "airflow_template"
"""Who owns what is in a template (images/airflow): a role that nobody can sign in as."""
PUBLIC_DATABASES = ("postgres", "template1")
"""The databases that PostgreSQL lets every role into, unless it is told not to."""
OPTIONS = "-c statement_timeout=120s"
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
"""A server that went without a word is noticed within half a minute; else its Tenants would wait for ever."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server, and an admin of it."""

    host: str
    port: int
    tls: bool
    user: str
    password: str = field(repr=False)

    @contextmanager
    def connected(self, database: str = "postgres") -> Iterator[Any]:
        """A cursor, each statement of which counts at once; what the server says no to is a `ToolError`."""
        where = f"PostgreSQL at {self.host}:{self.port}"
        connection = None
        try:
            connection = psycopg2.connect(
                host=self.host,
                port=self.port,
                user=self.user,
                password=self.password,
                dbname=database,
                sslmode="verify-full" if self.tls else "disable",
                connect_timeout=5,
                options=OPTIONS,
                **KEEPALIVE,
            )
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield cursor
        except psycopg2.Error as error:
            if _is_gone(error):
                raise unreachable(where, error) from None
            raise ToolError(f"{where}: {first_line(error)}") from None
        finally:
            if connection is not None:
                connection.close()

    def give(self, name: str, password: str, template: str | None = None) -> None:
        """Role and database as wanted, whatever is there already.

        Args:
            name: Of both.
            password: The role's.
            template: Database that the new one is a copy of; what is in it then belongs to the role.
        """
        with self.connected() as cursor:
            _lock(cursor, name)
            _close_public(cursor)
            _give_role(cursor, name, password)
            _give_database(cursor, name, template)
            left = template is not None and _is_left_to(cursor, TEMPLATE_OWNER, name)
        if left:
            with self.connected(name) as cursor:
                _lock(cursor, name)
                _take_over(cursor, name)

    def give_monitor(self, name: str, password: str) -> None:
        """A role that reads the server's statistics, in the database `postgres`, and nobody's data."""
        identifier = sql.Identifier(name)
        with self.connected() as cursor:
            _lock(cursor, name)
            _give_role(cursor, name, password)
            cursor.execute(sql.SQL("GRANT pg_monitor TO {}").format(identifier))
            cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE postgres TO {}").format(identifier))

    def end(self, name: str) -> None:
        """No access from now on: the role can't sign in, and whoever did is put out. Data stays."""
        with self.connected() as cursor:
            _lock(cursor, name)
            _end(cursor, name)

    def purge(self, name: str) -> None:
        """Neither role nor database, whatever of them is there."""
        identifier = sql.Identifier(name)
        with self.connected() as cursor:
            _lock(cursor, name)
            _end(cursor, name)
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
            if _has_role(cursor, name):
                # A role that has anything, or may do anything, in this database too can't be dropped.
                cursor.execute(sql.SQL("DROP OWNED BY {}").format(identifier))
                cursor.execute(sql.SQL("DROP ROLE {}").format(identifier))


def _is_gone(error: psycopg2.Error) -> bool:
    """Whether there is no server, or none that takes requests now; a refused password isn't that."""
    if error.pgcode is None:
        return isinstance(error, psycopg2.OperationalError) and not any(
            text in str(error) for text in ("authentication failed", "does not exist", "not permitted")
        )
    return error.pgcode.startswith(errorcodes.CLASS_CONNECTION_EXCEPTION) or error.pgcode in (
        errorcodes.ADMIN_SHUTDOWN,
        errorcodes.CRASH_SHUTDOWN,
        errorcodes.CANNOT_CONNECT_NOW,
    )


def _lock(cursor: Any, name: str) -> None:
    """Alone with what has this name, until the connection ends: two of us may run side by side."""
    cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"mlplatform/{name}"])


def _close_public(cursor: Any) -> None:
    """Let nobody into the databases that belong to nobody: who is in can leave things, and see who else is."""
    cursor.execute(
        "SELECT datname FROM pg_database WHERE datname = ANY(%s)"
        " AND (datacl IS NULL OR EXISTS (SELECT FROM aclexplode(datacl) WHERE grantee = 0))",
        [list(PUBLIC_DATABASES)],
    )
    for (database,) in cursor.fetchall():
        # Two at once would trip over each other's change of the same row.
        _lock(cursor, f"public/{database}")
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))


def _has_role(cursor: Any, name: str) -> bool:
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [name])
    return cursor.fetchone() is not None


def _give_role(cursor: Any, name: str, password: str) -> None:
    identifier = sql.Identifier(name)
    # The server gets the verifier alone: no statement, log or dump has the password.
    verifier = extensions.encrypt_password(password, name, scope=cursor.connection, algorithm="scram-sha-256")
    if not _has_role(cursor, name):
        cursor.execute(sql.SQL("CREATE ROLE {}").format(identifier))
        log.info("role %s made", name)
    cursor.execute(
        sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %s").format(identifier), [verifier]
    )
    # An admin that is no superuser, as on RDS, must be a member to give a database away.
    cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(identifier))


def _give_database(cursor: Any, name: str, template: str | None) -> None:
    identifier = sql.Identifier(name)
    cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
    if cursor.fetchone() is None:
        # Closed until it is told who may come in: PostgreSQL opens a new database to everybody.
        statement = "CREATE DATABASE {} OWNER {} TEMPLATE {} ALLOW_CONNECTIONS false"
        try:
            cursor.execute(sql.SQL(statement).format(identifier, identifier, sql.Identifier(template or "template1")))
        except psycopg2.errors.InvalidCatalogName:
            raise ToolError(
                f"template database {template} isn't there; the platform's `up` makes it", "TemplateMissing"
            ) from None
        log.info("database %s made", name)
    cursor.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(identifier, identifier))
    cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(identifier))
    cursor.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true").format(identifier))


def _is_left_to(cursor: Any, owner: str, database: str) -> bool:
    """Whether a role still owns something in a database, which a connection to another one can tell."""
    cursor.execute(
        "SELECT FROM pg_shdepend JOIN pg_database ON pg_database.oid = dbid JOIN pg_roles ON pg_roles.oid = refobjid"
        " WHERE refclassid = 'pg_authid'::regclass AND deptype = 'o' AND datname = %s AND rolname = %s",
        [database, owner],
    )
    return cursor.fetchone() is not None


def _take_over(cursor: Any, name: str) -> None:
    """What came with the template belongs to the role, in the database that the cursor is in."""
    cursor.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(sql.Identifier(TEMPLATE_OWNER), sql.Identifier(name)))


def _end(cursor: Any, name: str) -> None:
    if not _has_role(cursor, name):
        return
    cursor.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(name)))
    # Waits until each is gone, five seconds at most.
    cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", [name])
