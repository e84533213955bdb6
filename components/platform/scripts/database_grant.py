"""Make a role and a database that it owns. Runs in a Job, any number of times, as the server's admin.

Environment: PG* of libpq for the admin, ROLE (name of role and database), ROLE_PASSWORD.
"""

from __future__ import annotations

import os
import sys
import time

import psycopg2  # type: ignore[import-untyped]  # its stubs aren't worth a dependency
from psycopg2 import extensions, sql

SECONDS = 60


def connect() -> psycopg2.extensions.connection:
    """A connection, once the server takes any; a refused password won't get better by waiting."""
    until = time.monotonic() + SECONDS
    while True:
        try:
            connection = psycopg2.connect("", connect_timeout=5)
        except psycopg2.OperationalError as error:
            if "authentication failed" in str(error) or time.monotonic() > until:
                raise
            time.sleep(1)
        else:
            connection.autocommit = True
            return connection


def grant(connection: psycopg2.extensions.connection, role: str, password: str) -> None:
    """Role and database as wanted, whatever is there already."""
    # The server gets the verifier alone: no statement, log or dump has the password.
    verifier = extensions.encrypt_password(password, role, scope=connection, algorithm="scram-sha-256")
    name = sql.Identifier(role)
    with connection.cursor() as cursor:
        # Two Jobs of neighbouring rotations may run side by side.
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"mlplatform/{role}"])
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE ROLE {}").format(name))
            print(f"role {role} made")
        cursor.execute(
            sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %s").format(name), [verifier]
        )
        # An admin that is no superuser, as on RDS, must be a member to give a database away.
        cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [role])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(name))
            print(f"database {role} made")
        cursor.execute(sql.SQL("ALTER DATABASE {0} OWNER TO {0}").format(name))
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))


def main() -> int:
    """Grant what the environment names."""
    role = os.environ["ROLE"]
    try:
        grant(connect(), role, os.environ["ROLE_PASSWORD"])
    except psycopg2.Error as error:
        print(f"{os.environ.get('PGHOST')}: {str(error).strip()}", file=sys.stderr)
        return 1
    print(f"role {role} owns database {role}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
