"""The unit tests that need the real engine: `make test` leaves them out where it isn't there, so here it is."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.support.beside import Beside
from tests.support.commands import Ran


def test_they_pass(beside: Beside, engine_units: Callable[[], Ran], say: Callable[[str], None]) -> None:
    ran = beside.result("engine's unit tests", engine_units)
    summary = ran.stdout.strip().splitlines()[-1]
    assert re.search(r"\b[1-9]\d* passed", summary)
    assert "skipped" not in summary
    say(f"unit tests on the engine: {summary}")
