"""`prepare-template`: makes the database that every team's is copied from, once a version of this image.

By environment: PGHOST, PGPORT, PGUSER, PGPASSWORD of the server's administrator; TEMPLATE, its name.
"""

from __future__ import annotations

import os
import re

import psycopg2
import psycopg2.errors
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class
from psycopg2.sql import SQL, Composable, Identifier

NAME = re.compile(r"airflow-[0-9a-f]{12}")
ROLE = "airflow_template"
MAKING = "airflow-making"
# Any number, the same in every run: one at a time makes and removes templates.
LOCK = 0x6D6C6174


def main() -> int:
    """Make it unless it is there; remove those before it."""
    name = os.environ.get("TEMPLATE", "")
    if not NAME.fullmatch(name):
        print(f"TEMPLATE is {name!r}: name it airflow-<12 hexadecimal digits>")
        return 1
    server = _connect("postgres")
    _do(server, "SELECT pg_advisory_lock(%s)", LOCK)
    _role(server)
    if name not in _templates(server):
        _make(server)
        # Under its name a template is complete: who is killed before this leaves none.
        _do(server, SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(MAKING), Identifier(name)))
        print(f"{name}: made")
    # Nobody may connect to it: one who does would keep others from copying it.
    _do(server, SQL("ALTER DATABASE {} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false").format(Identifier(name)))
    for old in _templates(server) - {name}:
        _drop(server, old)
    print(f"{name}: ready")
    return 0


def _connect(database: str) -> Connection:
    """Everything but the name comes by libpq's own variables."""
    made = psycopg2.connect(dbname=database, connect_timeout=10)
    made.autocommit = True
    return made


def _do(server: Connection, command: str | Composable, *values: object) -> list[tuple[object, ...]]:
    with server.cursor() as cursor:
        cursor.execute(command, values or None)
        return cursor.fetchall() if cursor.description else []


def _templates(server: Connection) -> set[str]:
    """The databases that are, or were about to become, templates of ours."""
    return {str(row[0]) for row in _do(server, "SELECT datname FROM pg_database WHERE datname LIKE 'airflow-%%'")}


def _role(server: Connection) -> None:
    """Who owns the tables in it, so that a copy's can be given to its team; nobody logs in as it."""
    if not _do(server, "SELECT 1 FROM pg_roles WHERE rolname = %s", ROLE):
        _do(server, SQL("CREATE ROLE {} NOLOGIN").format(Identifier(ROLE)))
    _do(server, SQL("GRANT {} TO CURRENT_USER").format(Identifier(ROLE)))


def _make(server: Connection) -> None:
    """A migrated database under the name MAKING."""
    if MAKING in _templates(server):
        _drop(server, MAKING)
    making, role = Identifier(MAKING), Identifier(ROLE)
    _do(server, SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(making))
    _do(server, SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(making))
    _do(server, SQL("GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {} TO {}").format(making, role))
    inside = _connect(MAKING)
    _do(inside, SQL("ALTER SCHEMA public OWNER TO {}").format(role))
    inside.close()
    _migrate()


def _migrate() -> None:
    """Run this Airflow's migrations in MAKING, as the role. Airflow reads its settings when imported: not before."""
    os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"postgresql+psycopg2:///{MAKING}"
    os.environ["AIRFLOW__LOGGING__REMOTE_LOGGING"] = "False"
    os.environ["PGOPTIONS"] = f"-c role={ROLE}"
    from airflow import settings

    from . import schema

    try:
        schema.upgrade()
    finally:
        settings.dispose_orm(do_log=False)
        del os.environ["PGOPTIONS"]


def _drop(server: Connection, name: str) -> None:
    """Remove an older one, unless a team's database is being copied from it just now."""
    try:
        _do(server, SQL("ALTER DATABASE {} WITH IS_TEMPLATE false").format(Identifier(name)))
        _do(server, SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
    except (psycopg2.errors.ObjectInUse, psycopg2.errors.InvalidCatalogName) as error:
        print(f"{name}: not removed: {error}")
    else:
        print(f"{name}: removed")
