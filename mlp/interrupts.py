"""Ctrl-C while the engine works."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def after_the_engine() -> Iterator[None]:
    """Let Ctrl-C take effect when the engine has ended: the terminal sends it to the engine too, which stops in order.

    Leaving before it does would let it go on behind the person's back. A second Ctrl-C makes it end at once.

    Raises:
        KeyboardInterrupt: There was one.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is signal.SIG_IGN:
        yield
        return
    noted: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: noted.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if noted:
            # Its failure, if it came to one, is what the interrupt did.
            raise KeyboardInterrupt from None
