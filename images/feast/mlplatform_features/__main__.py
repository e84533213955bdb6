"""`python -m mlplatform_features registry | serve | work | apply FOLDER | materialize [UNTIL]`.

- registry: the registry of all teams. DATABASE_URL, ADMIN_KEY; gRPC on 6570, HTTP on 8080.
- serve: a team's feature server. TEAM, FEATURES_KEY, FEATURES_REGISTRY (the registry's HTTP), DATABASE_URL,
  STALE_AFTER (seconds); HTTP on 8080, metrics on 9090.
- work: does what a task beside it asks (`work`). FEAST_FS_YAML_FILE_PATH, and the environment that it names.
- apply: the definitions of a folder become the project's. The same environment.
- materialize: new values go online. The same.
"""

from __future__ import annotations

import logging
import os
import sys

from .problem import Problem

GRPC_PORT, HTTP_PORT, METRICS_PORT = 6570, 8080, 9090
SECONDS = 60
USAGE = "usage: python -m mlplatform_features registry | serve | work | apply FOLDER | materialize [UNTIL]"


def registry() -> None:
    """Serve until a signal ends it."""
    from aiohttp import web

    from . import registry_grpc, registry_http
    from .kept import Tables
    from .registry import Catalogue

    kept = Tables(_needed("DATABASE_URL"))
    kept.open(SECONDS)
    catalogue = Catalogue(kept)
    served, _ = registry_grpc.server(catalogue, f"[::]:{GRPC_PORT}")
    served.start()
    # A line for each probe hides the others.
    web.run_app(registry_http.application(catalogue, _needed("ADMIN_KEY")), port=HTTP_PORT, access_log=None, print=None)
    served.stop(5).wait()


def serve() -> None:
    """Serve until a signal ends it."""
    import asyncio

    from .server import Server
    from .serving import run
    from .store import Store

    server = Server(
        _needed("TEAM"),
        _needed("FEATURES_KEY"),
        _needed("FEATURES_REGISTRY"),
        Store(_needed("DATABASE_URL")),
        float(os.environ.get("STALE_AFTER", "172800")),
    )
    asyncio.run(run(server, HTTP_PORT, METRICS_PORT))


def _needed(name: str) -> str:
    if not (value := os.environ.get(name)):
        raise Problem(f"environment variable {name!r} isn't set")
    return value


def main(arguments: list[str]) -> int:
    """Do what the arguments name; what is wrong is one line on standard error."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    try:
        match arguments:
            case ["registry"]:
                registry()
            case ["serve"]:
                serve()
            case ["work"]:
                from .work import main as work

                work()
            case ["apply", folder]:
                from . import jobs

                print(jobs.apply(folder))
            case ["materialize", *until] if len(until) <= 1:
                from . import jobs

                print(jobs.materialize(until=until[0] if until else None))
            case _:
                print(USAGE, file=sys.stderr)
                return 2
    except Problem as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
