"""The foundation's database server as its admin, in the environment of a Job."""

from __future__ import annotations

from components.foundation.contract import Database
from components.kubernetes.pods import SecretKey


def settings(server: Database) -> dict[str, str]:
    """Where it is, by libpq's variables."""
    return {"PGHOST": server.host, "PGPORT": str(server.port), "PGSSLMODE": server.ssl_mode}


def credentials(server: Database) -> dict[str, SecretKey]:
    """Who its admin is, for a Job in the admin namespace."""
    return {
        "PGUSER": SecretKey(server.admin.name, server.admin.user_key),
        "PGPASSWORD": SecretKey(server.admin.name, server.admin.password_key),
    }
