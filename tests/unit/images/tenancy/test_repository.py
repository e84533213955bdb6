"""Repositories by the admin API of our git server."""

from __future__ import annotations

import pytest

from images.tenancy.tenancy.errors import ToolError
from images.tenancy.tenancy.repository import Check, GitServer
from tests.doubles.http_tool import serving
from tests.doubles.tenancy_tools import GitDouble

NAME = "team-search"


def test_a_repository_is_given_with_its_check() -> None:
    double = GitDouble()
    with serving(double) as (uri, asked):
        GitServer(uri, "key").give(NAME, "secret", Check("http://airflow.team-search:8794/check", "check key"))
        GitServer(uri, "key").give(NAME, "another", None)
    assert double.users == {NAME: {"password": "another", "check": None}}
    assert '"check": {"url": "http://airflow.team-search:8794/check", "key": "check key"}' in asked[0].body
    assert {request.headers["authorization"] for request in asked} == {"Bearer key"}


def test_the_end_keeps_what_was_pushed_and_a_purge_does_not() -> None:
    double = GitDouble()
    with serving(double) as (uri, _):
        GitServer(uri, "key").give(NAME, "secret", None)
        GitServer(uri, "key").end(NAME)
        assert (double.users, double.repositories) == ({}, {NAME})
        GitServer(uri, "key").purge(NAME)
        GitServer(uri, "key").purge(NAME)
    assert double.repositories == set()


def test_a_refusal_is_told() -> None:
    with serving(lambda *_: (401, '{"error": "who are you?"}')) as (uri, _), pytest.raises(ToolError) as caught:
        GitServer(uri, "key").end(NAME)
    assert str(caught.value) == f"git server at {uri}: 401 who are you?"
