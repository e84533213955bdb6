"""Serves the repositories in DATA (/data) on PORT (8000); the admin key is ADMIN_KEY, or in the file ADMIN_KEY_FILE."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import uvicorn

from . import limits
from .app import App
from .store import Store


def admin_key() -> str:
    """The admin key, which no process below this one gets to see."""
    key = os.environ.pop("ADMIN_KEY", "")
    if path := os.environ.get("ADMIN_KEY_FILE"):
        key = Path(path).read_text().strip()
    if not key:
        sys.exit("gitserver: set ADMIN_KEY or ADMIN_KEY_FILE")
    return key


def main() -> None:
    """Serve until told to end; pushes that are under way are waited for."""
    os.umask(0o077)
    key = admin_key()
    store = Store(Path(os.environ.get("DATA", "/data")), limits.current())
    store.prepare()
    uvicorn.run(
        App(store, key),
        host=os.environ.get("HOST", "0.0.0.0"),  # noqa: S104 - a pod is reached from everywhere in the cluster
        port=int(os.environ.get("PORT", "8000")),
        http="h11",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=500,
        # Longer than proxies keep a connection, so that they never write to one that is just being closed.
        timeout_keep_alive=120,
        timeout_graceful_shutdown=25,
    )


if __name__ == "__main__":
    main()
