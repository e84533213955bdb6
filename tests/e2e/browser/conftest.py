"""Fixtures of the tests with a real browser: one browser, whoever visits, and what they saw when a test failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.browser import chromium
from tests.support.browser.session import Session, Visitor, open_browser

FAILED = pytest.StashKey[bool]()
Say = Callable[[str], None]
Visit = Callable[..., Visitor]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Note a failure where fixtures find it: by the time they end, it is known."""
    report = yield
    if report.failed:  # type: ignore[attr-defined]  # a wrapper is sent what the hook gave
        item.stash[FAILED] = True
    return report  # type: ignore[return-value]  # and hands it on


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, say: Say) -> Iterator[Session]:
    """One for a file: while it is open, nothing in this thread can call asyncio.run()."""
    found = chromium.find()
    with open_browser(found, tmp_path_factory.mktemp("browser")) as session:
        say(f"browser: {session.chromium.version}, {found.said}")
        yield session


@pytest.fixture
def visit(browser: Session) -> Iterator[Visit]:
    """Somebody new at the browser, until the test ends."""
    before = list(browser.visitors)
    yield browser.visitor
    browser.leave(but=before)


@pytest.fixture(autouse=True)
def kept(browser: Session, visit: Visit, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """What everybody at the browser saw when a test failed, in its temporary folder."""
    yield
    if request.node.stash.get(FAILED, False):
        request.node.stash[FAILED] = False
        for visitor in browser.visitors:
            for path in visitor.keep(tmp_path):
                print(f"what {visitor.name} saw: {path}")
