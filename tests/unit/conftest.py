"""What every unit test finds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest


def pytest_configure() -> None:
    """The cluster that a person works with is nothing to tests: the SDK would put it into what components make."""
    os.environ.pop("KUBECONFIG", None)


@pytest.fixture(autouse=True)
def event_loop_of_its_own() -> Iterator[None]:
    """Pulumi's mocks take the thread's event loop, and `asyncio.run` of another test leaves the thread without one."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()
