from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from mlp.interrupts import after_the_engine


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    """As at a terminal: shells start what runs in the background with the signal ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_work_ends_before_the_interrupt() -> None:
    ended = False
    with pytest.raises(KeyboardInterrupt), after_the_engine():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        ended = True
    assert ended
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_interrupt_stands_over_the_failure_it_caused() -> None:
    with pytest.raises(KeyboardInterrupt), after_the_engine():
        os.kill(os.getpid(), signal.SIGINT)
        raise ValueError("cancelled")


def test_a_failure_alone_stays_one() -> None:
    with pytest.raises(ValueError, match="own"), after_the_engine():
        raise ValueError("own")
