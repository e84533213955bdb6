"""`python -m local.provider [engine address]`: a Pulumi plugin; prints its port and serves until it is ended."""

from __future__ import annotations

import os
import signal
import sys
import threading

from local.provider.server import serve

_LOOK_SECONDS = 0.5


def main() -> None:
    """Serve until SIGTERM or SIGINT, or until the engine is gone: a killed one can't say so."""
    engine = os.getppid()
    server, port = serve(next((argument for argument in sys.argv[1:] if not argument.startswith("-")), ""))
    print(port, flush=True)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    while not done.wait(_LOOK_SECONDS):
        if os.getppid() != engine:
            # Calls may be waiting for pods; nobody hears their answers any more.
            os._exit(1)
    server.stop(grace=1).wait()


if __name__ == "__main__":
    main()
