"""PostgreSQL as far as tenancy asks it, in place of psycopg2: roles, databases, sessions; its client may die anywhere.

server = Postgres()
sys.modules |= server.modules()
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType, TracebackType
from typing import Any

ADMIN, PASSWORD = "postgres", "the-admin's-own"
Row = tuple[Any, ...]


class Killed(BaseException):
    """Whoever asked isn't there any more."""


class Error(Exception):
    """As psycopg2's."""

    pgcode: str | None = None


class OperationalError(Error):
    """No server, or none for you."""


class InvalidCatalogName(Error):  # noqa: N818 - its name in psycopg2
    """No such database."""

    pgcode = "3D000"


@dataclass
class Database:
    """One database."""

    owner: str
    public: bool = True
    """Whether everybody may come in."""
    open: bool = True
    """Whether anybody may."""
    owners: set[str] = field(default_factory=set)
    """Who owns something in it."""


@dataclass
class Role:
    """One role."""

    login: bool = False
    verifier: str = ""


class Postgres:
    """The server, as tests see it."""

    def __init__(self) -> None:
        self.monitors: set[str] = set()
        """Roles that read the server's statistics."""
        self.roles = {ADMIN: Role(True), "airflow_template": Role()}
        self.databases = {
            "postgres": Database(ADMIN),
            "template1": Database(ADMIN),
            "airflow-0123456789ab": Database(ADMIN, public=False, open=False, owners={"airflow_template"}),
        }
        self.sessions: list[str] = []
        """Who is signed in."""
        self.statements: list[str] = []
        self.dies_after: int | None = None
        """So many statements, and the client is killed."""
        self.down = False

    def modules(self) -> dict[str, ModuleType]:
        """What takes the place of psycopg2."""
        made = {name: ModuleType(name) for name in ("psycopg2", "psycopg2.errorcodes", "psycopg2.extensions")}
        made |= {name: ModuleType(name) for name in ("psycopg2.sql", "psycopg2.errors")}
        top = made["psycopg2"]
        for name, module in made.items():
            if name != "psycopg2":
                setattr(top, name.partition(".")[2], module)
        vars(top).update(connect=self.connect, Error=Error, OperationalError=OperationalError)
        vars(made["psycopg2.errors"]).update(InvalidCatalogName=InvalidCatalogName)
        vars(made["psycopg2.errorcodes"]).update(
            CLASS_CONNECTION_EXCEPTION="08", ADMIN_SHUTDOWN="57P01", CRASH_SHUTDOWN="57P02", CANNOT_CONNECT_NOW="57P03"
        )
        vars(made["psycopg2.extensions"]).update(
            encrypt_password=lambda password, *_, **__: f"verifier of {len(password)}"
        )
        vars(made["psycopg2.sql"]).update(SQL=Statement, Identifier=lambda name: f'"{name}"')
        return made

    def connect(self, *, user: str, password: str, dbname: str, **_: object) -> Connection:
        """As psycopg2's: only the admin is known by password."""
        if self.down:
            raise OperationalError("connection refused\nIs the server running?")
        if (user, password) != (ADMIN, PASSWORD):
            raise OperationalError(f'FATAL:  password authentication failed for user "{user}"')
        assert self.databases[dbname].open, f"{dbname} takes no connections"
        return Connection(self, dbname)

    def execute(self, database: str, statement: str, values: Sequence[Any]) -> list[Row]:
        """Run one statement, unless the client dies first."""
        if self.dies_after is not None:
            if self.dies_after == 0:
                raise Killed
            self.dies_after -= 1
        self.statements.append(statement)
        for pattern, act in self._known(database, list(values)).items():
            if found := re.fullmatch(pattern, statement):
                return act(*found.groups()) or []
        raise AssertionError(f"the double doesn't know: {statement}")

    def _known(self, database: str, values: list[Any]) -> dict[str, Callable[..., list[Row] | None]]:
        name = '"([^"]+)"'
        return {
            r"SELECT pg_advisory_lock.*": lambda: None,
            r"SELECT datname FROM pg_database WHERE datname = ANY.*": lambda: [
                (found,) for found in values[0] if self.databases[found].public
            ],
            r"SELECT FROM pg_roles.*": lambda: [()] if values[0] in self.roles else [],
            r"SELECT FROM pg_database.*": lambda: [()] if values[0] in self.databases else [],
            r"SELECT FROM pg_shdepend.*": lambda: [()] if values[1] in self.databases[values[0]].owners else [],
            r"SELECT pg_terminate_backend.*": lambda: self._terminate(values[0]),
            rf"CREATE ROLE {name}": lambda role: self._new_role(role),
            rf"ALTER ROLE {name} LOGIN .* PASSWORD %s": lambda role: self._set(role, True, values[0]),
            rf"ALTER ROLE {name} NOLOGIN": lambda role: self._set(role, False, self.roles[role].verifier),
            rf"GRANT {name} TO CURRENT_USER": lambda role: self._must_be(role),
            rf"GRANT pg_monitor TO {name}": lambda role: self._must_be(role) or self.monitors.add(role),
            rf"GRANT CONNECT ON DATABASE postgres TO {name}": lambda role: self._must_be(role),
            rf"CREATE DATABASE {name} OWNER {name} TEMPLATE {name} ALLOW_CONNECTIONS false": self._new_database,
            rf"ALTER DATABASE {name} OWNER TO {name}": lambda base, role: setattr(self.databases[base], "owner", role),
            rf"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true": lambda base: setattr(
                self.databases[base], "open", True
            ),
            rf"REVOKE ALL ON DATABASE {name} FROM PUBLIC": lambda base: setattr(self.databases[base], "public", False),
            rf"REASSIGN OWNED BY {name} TO {name}": lambda old, new: self._reassign(database, old, new),
            rf"DROP DATABASE IF EXISTS {name} WITH \(FORCE\)": lambda base: self._drop_database(base),
            rf"DROP OWNED BY {name}": lambda role: self.databases[database].owners.discard(role),
            rf"DROP ROLE {name}": lambda role: self._drop_role(role),
        }

    def _terminate(self, role: str) -> None:
        self.sessions = [session for session in self.sessions if session != role]

    def _new_role(self, role: str) -> None:
        assert role not in self.roles
        self.roles[role] = Role()

    def _set(self, role: str, login: bool, verifier: str) -> None:
        self.roles[role] = Role(login, verifier)

    def _must_be(self, role: str) -> None:
        assert role in self.roles

    def _new_database(self, database: str, owner: str, template: str) -> None:
        if template not in self.databases:
            raise InvalidCatalogName(f'template database "{template}" does not exist')
        assert database not in self.databases and owner in self.roles
        self.databases[database] = Database(owner, open=False, owners=set(self.databases[template].owners))

    def _reassign(self, database: str, old: str, new: str) -> None:
        owners = self.databases[database].owners
        if old in owners:
            owners.remove(old)
            owners.add(new)

    def _drop_database(self, database: str) -> None:
        self.databases.pop(database, None)

    def _drop_role(self, role: str) -> None:
        for name, database in self.databases.items():
            assert role != database.owner and role not in database.owners, f"{role} still has something in {name}"
        del self.roles[role]


class Statement(str):
    """As `psycopg2.sql.SQL`."""

    def format(self, *identifiers: object, **_: object) -> str:
        return str.format(self, *identifiers)


class Connection:
    """One of the admin's, and its cursor."""

    def __init__(self, server: Postgres, database: str) -> None:
        self.server, self.database = server, database
        self.connection = self
        self.rows: list[Row] = []

    def cursor(self) -> Connection:
        return self

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rows = []

    def close(self) -> None:
        self.rows = []

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        self.rows = self.server.execute(self.database, statement, values)

    def fetchone(self) -> Row | None:
        return self.rows[0] if self.rows else None

    def fetchall(self) -> list[Row]:
        return self.rows
