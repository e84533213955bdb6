"""Roles and databases, and a death after any statement."""

from __future__ import annotations

import logging

import pytest

from images.tenancy.tenancy.database import Server
from images.tenancy.tenancy.errors import UNREACHABLE, ToolError
from tests.doubles.postgres import ADMIN, PASSWORD, Killed, Postgres, Role

ADMIN_SERVER = Server("postgres.test", 5432, tls=False, user=ADMIN, password=PASSWORD)
TEMPLATE = "airflow-0123456789ab"
NAME = "team-search"
MOST = 20
"""No run has more statements."""


def check_given(postgres: Postgres, owners: set[str]) -> None:
    database = postgres.databases[NAME]
    assert (database.owner, database.public, database.open, database.owners) == (NAME, False, True, owners)
    assert postgres.roles[NAME] == Role(True, "verifier of 3")


@pytest.mark.parametrize(("template", "owners"), [(None, set()), (TEMPLATE, {NAME})])
def test_role_and_database_are_given_any_number_of_times(
    postgres: Postgres, template: str | None, owners: set[str]
) -> None:
    for _ in range(2):
        ADMIN_SERVER.give(NAME, "abc", template)
        check_given(postgres, owners)


@pytest.mark.parametrize("statements", range(MOST))
def test_who_is_killed_while_giving_goes_on_next_time(postgres: Postgres, statements: int) -> None:
    postgres.dies_after = statements
    try:
        ADMIN_SERVER.give(NAME, "abc", TEMPLATE)
    except Killed:
        database = postgres.databases.get(NAME)
        assert database is None or not (database.open and database.public), "nobody else can look in, at any time"
    postgres.dies_after = None
    ADMIN_SERVER.give(NAME, "abc", TEMPLATE)
    check_given(postgres, {NAME})


def test_who_watches_the_server_has_statistics_and_no_database(postgres: Postgres) -> None:
    for password in ("abc", "abcdef"):
        ADMIN_SERVER.give_monitor("watcher", password)
    assert postgres.roles["watcher"] == Role(True, "verifier of 6")
    assert postgres.monitors == {"watcher"}
    assert "watcher" not in postgres.databases


def test_nobody_is_let_into_the_databases_of_nobody(postgres: Postgres) -> None:
    ADMIN_SERVER.give(NAME, "abc")
    assert not postgres.databases["postgres"].public
    assert not postgres.databases["template1"].public


def test_a_rotation_sets_the_new_password(postgres: Postgres) -> None:
    ADMIN_SERVER.give(NAME, "abc")
    ADMIN_SERVER.give(NAME, "abcdef")
    assert postgres.roles[NAME].verifier == "verifier of 6"


def test_the_end_puts_out_who_is_in_and_keeps_the_data(postgres: Postgres) -> None:
    ADMIN_SERVER.give(NAME, "abc")
    postgres.sessions = [NAME, "team-recsys", NAME]
    ADMIN_SERVER.end(NAME)
    assert postgres.sessions == ["team-recsys"]
    assert not postgres.roles[NAME].login
    assert NAME in postgres.databases
    ADMIN_SERVER.give(NAME, "abc")
    check_given(postgres, set())


@pytest.mark.parametrize("statements", range(MOST))
def test_who_is_killed_while_purging_goes_on_next_time(postgres: Postgres, statements: int) -> None:
    ADMIN_SERVER.give(NAME, "abc", TEMPLATE)
    # A large object in a database that it was once let into.
    postgres.databases["postgres"].owners.add(NAME)
    postgres.dies_after = statements
    try:
        ADMIN_SERVER.purge(NAME)
    except Killed:
        assert statements < 3 or not postgres.roles[NAME].login, "access ends first"
    postgres.dies_after = None
    ADMIN_SERVER.purge(NAME)
    assert NAME not in postgres.roles
    assert NAME not in postgres.databases


def test_what_was_never_there_can_end(postgres: Postgres) -> None:
    ADMIN_SERVER.end("team-nobody")
    ADMIN_SERVER.purge("team-nobody")


def test_a_template_that_is_not_there_is_named(postgres: Postgres) -> None:
    with pytest.raises(ToolError, match="airflow-ffffffffffff isn't there") as caught:
        ADMIN_SERVER.give(NAME, "abc", "airflow-ffffffffffff")
    assert caught.value.reason == "TemplateMissing"


def test_no_server_and_no_password_are_told_apart(postgres: Postgres) -> None:
    with pytest.raises(ToolError, match="authentication failed") as caught:
        Server("postgres.test", 5432, tls=False, user=ADMIN, password="old").end(NAME)
    assert caught.value.reason != UNREACHABLE
    postgres.down = True
    with pytest.raises(
        ToolError, match=r"PostgreSQL at postgres\.test:5432 isn't there: connection refused$"
    ) as caught:
        ADMIN_SERVER.end(NAME)
    assert caught.value.reason == UNREACHABLE


def test_no_statement_and_no_line_has_the_password(postgres: Postgres, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ADMIN_SERVER.give(NAME, "the-password", TEMPLATE)
    assert "the-password" not in " ".join(postgres.statements) + caplog.text + repr(ADMIN_SERVER)
    assert PASSWORD not in repr(ADMIN_SERVER)
