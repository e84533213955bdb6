"""What has to go when the directory changes: pure decisions; `app.Hub` carries them out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .directory import Directory


@dataclass(frozen=True)
class Known:
    """A person as the hub's database has them."""

    name: str
    mark: str
    """What their sessions are bound to."""
    servers: tuple[str, ...]
    """Names of their notebooks, that run or ran."""
    groups: frozenset[str]


@dataclass(frozen=True)
class Change:
    """What is to be done about a person."""

    name: str
    forget: bool = False
    """Sign out everywhere, stop all notebooks. Homes stay."""
    stop: tuple[str, ...] = ()
    """Notebooks that go: of teams that they aren't in any more, or all."""
    groups: frozenset[str] | None = None
    """Teams that they are in now, if that changed."""


def changes(directory: Directory, known: Iterable[Known], key: bytes) -> list[Change]:
    """For everybody whom something changes for."""
    return [change for one in known if (change := _change(directory, one, key)) is not None]


def _change(directory: Directory, one: Known, key: bytes) -> Change | None:
    if one.name not in directory.passwords or one.mark != directory.mark(one.name, key):
        return Change(one.name, forget=True, stop=one.servers)
    teams = frozenset(team.name for team in directory.teams_of(one.name))
    gone = tuple(server for server in one.servers if server not in teams)
    groups = None if teams == one.groups else teams
    return Change(one.name, stop=gone, groups=groups) if gone or groups is not None else None
