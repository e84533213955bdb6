"""The hub's environment (components/platform/notebooks_pod.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

HUB_PORT = 8081
"""Of the hub itself, which notebooks ask."""
PUBLIC_PORT = 8000
"""Of the proxy, which people ask."""
PROXY_API_PORT = 8099
"""Of the proxy's own API, inside the pod alone."""
ROUTES = "/run/hub/routes.toml"
"""What the hub writes and the proxy follows: a folder that both containers have."""


@dataclass(frozen=True)
class Settings:
    """Where things are, and the keys."""

    group: str
    """API group of NotebookTeams."""
    namespace: str
    """The hub's own."""
    people_secret: str
    """Secret with the passwords of people."""
    public_url: str
    """Where people find it."""
    hub_url: str
    """Where notebooks find it."""
    database_uri: str
    """Without the password, which is in PGPASSWORD."""
    idle_seconds: int
    """What a notebook that nobody uses has left."""
    metrics_port: int
    trusted: tuple[str, ...]
    """Addresses whose word for who asks counts: the ingress controller's, where it has some of its own."""
    cookie_key: bytes = field(repr=False)
    proxy_key: str = field(repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """From the environment; what is missing is a `KeyError` that names it."""
        return cls(
            group=environment["GROUP"],
            namespace=environment["POD_NAMESPACE"],
            people_secret=environment["PEOPLE_FROM"],
            public_url=environment["PUBLIC_URL"],
            hub_url=environment["HUB_URL"],
            database_uri=environment["DATABASE_URI"],
            idle_seconds=int(environment["IDLE_SECONDS"]),
            metrics_port=int(environment["METRICS_PORT"]),
            trusted=tuple(
                cidr.removesuffix("/32") for cidr in environment["TRUSTED"].split(",") if cidr.endswith("/32")
            ),
            # JupyterHub takes exactly 32 bytes.
            cookie_key=hashlib.sha256(environment["COOKIE_KEY"].encode()).digest(),
            proxy_key=environment["PROXY_KEY"],
        )
