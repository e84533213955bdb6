"""Pulumi's mocks work in any order of the tests."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.components import stacks


@pytest.mark.parametrize("attempt", ["before", "after"])
def test_asyncio_run_leaves_no_test_without_a_loop(attempt: str) -> None:
    assert stacks.team()

    async def nothing() -> None: ...

    asyncio.run(nothing())
