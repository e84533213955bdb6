"""`python -m monitoring WHAT [ARGUMENT...]`: one of the programs of this image.

- prometheus, alertmanager: become Debian's program of that name, behind the password in the folder CREDENTIALS.
- cluster-state: metrics of what is in the cluster, on PORT (8080); with the argument `ours` of our own kinds alone.
- alert-routes: looks after Alertmanager's routes in the folder ROUTES; metrics on PORT (9095).
- grafana-sources: gives the Grafana beside it teams' databases; metrics on PORT (9096).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from . import guarded
from .errors import MonitoringError


def cluster_state(arguments: list[str]) -> None:
    """Serve, for ever."""
    from .cluster import Cluster
    from .server import Server
    from .state.collect import KUBERNETES, OURS, Collector

    kinds = OURS if arguments == ["ours"] else KUBERNETES | OURS
    Server(int(os.environ.get("PORT", "8080")), Collector(Cluster(), kinds).metrics).serve_forever()


def alert_routes(_: list[str]) -> None:
    """Look after the routes, for ever."""
    from .alert_routes import SECONDS, Routes, checked, reloaded
    from .cluster import Cluster
    from .following import follow
    from .server import Server

    env = os.environ
    secret = Path(env.get("CREDENTIALS", "/run/secrets/web"))
    routes = Routes(
        Cluster(),
        Path(env.get("ROUTES", "/data")),
        env.get("PLATFORM_WEBHOOK", ""),
        checked,
        lambda: reloaded("http://127.0.0.1:9093", secret),
    )
    server = Server(int(env.get("PORT", "9095")), routes.metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    follow(routes.step, SECONDS)


def grafana_sources(_: list[str]) -> None:
    """Look after Grafana's datasources, for ever."""
    from .cluster import Cluster
    from .following import follow
    from .grafana_sources import SECONDS, Sources, from_environment
    from .server import Server

    sources = Sources(Cluster(), from_environment())
    server = Server(int(os.environ.get("PORT", "9096")), sources.metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    follow(sources.step, SECONDS)


OURS = {"cluster-state": cluster_state, "alert-routes": alert_routes, "grafana-sources": grafana_sources}


def main(arguments: list[str]) -> int:
    """Run what the first argument names."""
    what, rest = (arguments[0] if arguments else ""), arguments[1:]
    try:
        if what in guarded.COMMANDS:
            guarded.become(what, rest)
        if what in OURS:
            # The first process of a container isn't ended by a signal that it doesn't handle.
            signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
            OURS[what](rest)
            return 0
    except MonitoringError as error:
        print(f"{what}: {error}", file=sys.stderr)
        return 1
    print(f"usage: python -m monitoring {' | '.join([*guarded.COMMANDS, *OURS])}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
