"""What a Tenant may be called, and whom it may have the git server ask."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

TENANT = re.compile(r"team-[a-z][a-z0-9-]{0,28}[a-z0-9]")
TEMPLATE = re.compile(r"airflow-[0-9a-f]{12}")


def allowed(name: str, namespace: str) -> bool:
    """Whether a Tenant may have this name there: that of its namespace, and one that only teams have.

    Who may make Tenants in one namespace must not reach what belongs to another by a name.
    """
    return name == namespace and TENANT.fullmatch(name) is not None


def template_allowed(template: str) -> bool:
    """Whether a database may be copied for a team: other databases hold what isn't theirs."""
    return TEMPLATE.fullmatch(template) is not None


def check_allowed(url: str, namespace: str) -> bool:
    """Whether a check of pushes is at a Service of the team's own namespace: the git server asks nobody else."""
    parts = urlsplit(url)
    service, _, rest = (parts.hostname or "").partition(".")
    return (
        parts.scheme == "http"
        and bool(service)
        and rest in (namespace, f"{namespace}.svc", f"{namespace}.svc.cluster.local")
        and parts.username is None
    )
