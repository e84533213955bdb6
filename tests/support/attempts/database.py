"""Attempts with the team's role on the database server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import sql
from tests.support.attempts.attempt import Attacker, Attempt, Target
from tests.support.refused import Refused
from tests.support.sql import Role

SECONDS = 20
HIDDEN = "<insufficient privilege>"
DENIED = "permission denied"


def connect(who: Attacker, target: Target) -> None:
    assert who.team.role.run("SELECT 1", target.database) == ["1"]


def sign_in(who: Attacker, target: Target) -> None:
    Role(who.cluster, target.role, who.team.keys["database"]).run("SELECT 1", who.team.name)


def become(who: Attacker, target: Target) -> None:
    who.team.role.run(f'SET ROLE "{target.role}"; SELECT current_user')


def change_role(who: Attacker, target: Target) -> None:
    who.team.role.run(f"BEGIN; ALTER ROLE \"{target.role}\" SET work_mem = '1MB'; ROLLBACK")


def read_secrets(who: Attacker, target: Target) -> None:
    """Verifiers of passwords, or the table in which its own Airflow keeps connections."""
    who.team.role.run(f"SELECT * FROM {'pg_catalog.pg_authid' if target.is_platform else 'public.connection'}")


def make(who: Attacker, target: Target) -> None:
    """A role or a database for everybody, or a schema in its own."""
    for thing in ("ROLE e2e_made LOGIN", "DATABASE e2e_made") if target.is_platform else ("SCHEMA e2e_made",):
        who.team.role.run(f"CREATE {thing}")
    who.team.role.run("DROP SCHEMA e2e_made")


def extend(who: Attacker, target: Target) -> None:
    """With what leads to other databases, or with what stays inside."""
    who.team.role.run(f"BEGIN; CREATE EXTENSION {'dblink' if target.is_platform else 'pg_trgm'}; ROLLBACK")


def read_file(who: Attacker, target: Target) -> None:
    """Of the server's, or bytes of its own."""
    source = "lo_import('/etc/mlplatform/pg_hba.conf')" if target.is_platform else "lo_from_bytea(0, 'own')"
    who.team.role.run(f"BEGIN; SELECT {source}; ROLLBACK")


def see_queries(who: Attacker, target: Target) -> None:
    with session(target):
        seen = who.team.role.run(f"SELECT query FROM pg_stat_activity WHERE usename = '{target.role}'")
    assert seen
    if HIDDEN in seen:
        raise Refused("postgres", HIDDEN)


def end_session(who: Attacker, target: Target) -> None:
    with session(target) as pid:
        assert who.team.role.run(f"SELECT pg_terminate_backend({pid})") == ["t"]


@contextmanager
def session(target: Target) -> Iterator[str]:
    """A session of the target's own role; its id."""
    team = target.opened()
    process = team.role.start(f"SELECT pg_sleep({SECONDS})")
    look = f"SELECT pid FROM pg_stat_activity WHERE usename = '{team.name}' AND query LIKE '%pg_sleep%'"
    try:
        end = time.monotonic() + SECONDS
        while not (found := sql.as_admin(team.cluster, look)):
            assert time.monotonic() < end, f"{team.name} has no session"
            time.sleep(0.1)
        yield found[0]
    finally:
        sql.as_admin(team.cluster, look.replace("pid", "pg_terminate_backend(pid)", 1))
        process.wait(SECONDS)


ATTEMPTS = (
    Attempt("database-connect", "permission denied for database", connect, ("search", "platform", "server")),
    Attempt("database-sign-in", "password authentication failed", sign_in, ("search", "platform", "server")),
    Attempt("database-become-another-role", "permission denied to set role", become, ("search", "server")),
    Attempt("database-change-a-role", "permission denied to alter role|permission denied to alter", change_role),
    Attempt("database-read-passwords", "permission denied for table pg_authid", read_secrets, ("server",)),
    Attempt("database-make-roles", "permission denied to create role", make, ("server",)),
    Attempt("database-extend", 'permission denied to create extension "dblink"', extend, ("server",)),
    Attempt("database-read-files", "permission denied", read_file, ("server",)),
    Attempt("database-see-queries", HIDDEN, see_queries),
    Attempt("database-end-a-session", "permission denied to terminate process", end_session),
)
