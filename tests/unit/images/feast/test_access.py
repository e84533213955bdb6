"""Whose key it is: the registry's word holds for a moment, and nobody's for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from images.feast.mlplatform_features import access
from images.feast.mlplatform_features.access import Access, Reader, UnreachableError
from images.feast.mlplatform_features.problem import NotAllowedError

OWN, OTHER = "o" * 43, "r" * 43


class Registry:
    """What it says, and how often it was asked."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[str, list[str]]] = {OTHER: ("team_recsys", ["user_statistics"])}
        self.asked = 0
        self.down = False

    async def ask(self, key: str) -> tuple[str, Iterable[str]] | None:
        self.asked += 1
        if self.down:
            raise UnreachableError
        return self.known.get(key)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(access.time, "monotonic", lambda: now[0])
    return now


def reader(found: Access, key: str) -> Reader:
    return asyncio.run(found.reader(key))


def test_its_own_key_opens_all_and_asks_nobody(clock: list[float]) -> None:
    registry = Registry()
    registry.down = True
    assert reader(Access("team_search", OWN, registry.ask), OWN) == Reader("team_search", None)
    assert registry.asked == 0


@pytest.mark.parametrize("key", ["", "x", OWN[:-1], OWN + "o", "ü"])
def test_nobodys_key_opens_nothing(clock: list[float], key: str) -> None:
    with pytest.raises(NotAllowedError):
        reader(Access("team_search", OWN, Registry().ask), key)


def test_what_the_registry_says_holds_for_ten_seconds(clock: list[float]) -> None:
    registry = Registry()
    found = Access("team_search", OWN, registry.ask)
    for _ in range(3):
        assert reader(found, OTHER) == Reader("team_recsys", frozenset({"user_statistics"}))
    assert registry.asked == 1
    registry.known.clear()
    clock[0] += access.HOLDS + 1
    with pytest.raises(NotAllowedError):
        reader(found, OTHER)


def test_without_the_registry_what_was_known_holds_a_minute_and_a_stranger_gets_nothing(clock: list[float]) -> None:
    registry = Registry()
    found = Access("team_search", OWN, registry.ask)
    reader(found, OTHER)
    registry.down = True
    clock[0] += access.STILL_HOLDS - 1
    assert reader(found, OTHER).team == "team_recsys"
    with pytest.raises(UnreachableError):
        reader(found, "s" * 43)
    clock[0] += 2
    with pytest.raises(UnreachableError):
        reader(found, OTHER)


def test_a_flood_of_strangers_is_forgotten(clock: list[float]) -> None:
    found = Access("team_search", OWN, Registry().ask)
    for number in range(access.MOST + 50):
        with pytest.raises(NotAllowedError):
            reader(found, f"stranger-{number}")
    assert len(found._known) == access.MOST
