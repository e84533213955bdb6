"""`python -m local.provider [engine address]`: a Pulumi plugin; prints its port and serves until it is ended."""

from __future__ import annotations

import signal
import sys
import threading

from local.provider.server import serve


def main() -> None:
    """Serve until SIGTERM or SIGINT, or until the engine closes standard input."""
    server, port = serve(next((argument for argument in sys.argv[1:] if not argument.startswith("-")), ""))
    print(port, flush=True)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    done.wait()
    server.stop(grace=1).wait()


if __name__ == "__main__":
    main()
