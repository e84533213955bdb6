from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.images.git.served import Checker, Server, Team

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests that don't harm it."""
    found = Server(tmp_path_factory.mktemp("git") / "data")
    found.start()
    yield found
    found.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """One that may be killed. Not started yet."""
    found = Server(tmp_path / "data")
    yield found
    found.stop()


@pytest.fixture
def checker() -> Iterator[Checker]:
    found = Checker()
    yield found
    found.server.shutdown()


Teams = Callable[..., Team]


@pytest.fixture
def a_team(server: Server, tmp_path: Path) -> Teams:
    """Makes teams with a repository each."""

    def make(check: dict[str, str] | None = None, on: Server = server) -> Team:
        name = f"team-t{next(NUMBERS)}"
        folder = tmp_path / name
        folder.mkdir()
        team = Team(on, name, f"password-of-{name}-".ljust(43, "x"), folder)
        assert team.allow(check) == 201
        return team

    return make


@pytest.fixture
def team(a_team: Teams) -> Team:
    return a_team()
