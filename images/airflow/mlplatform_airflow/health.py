"""What Airflow says of its parts (`/api/v2/monitor/health`), and what follows from it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

API_SERVER = "api-server"
# Component -> its names in the answer.
PARTS = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}
PATIENCE = 3.0


@dataclass(frozen=True)
class Health:
    """One look."""

    answered: bool
    """The api-server did."""
    database: bool = False
    healthy: frozenset[str] = frozenset()
    """Components, the api-server included, that are well."""
    heartbeat_ages: Mapping[str, float] = field(default_factory=dict)
    """Component -> seconds since its last heartbeat in the database."""

    @property
    def sick(self) -> list[str]:
        """Those of which Airflow doesn't say that they are well."""
        return sorted({API_SERVER, *PARTS} - self.healthy)


NOTHING = Health(answered=False)


def judged(answer: Mapping[str, Any], now: datetime) -> Health:
    """Read one answer of `/api/v2/monitor/health`."""
    if (answer.get("metadatabase") or {}).get("status") != "healthy":
        return Health(answered=True, healthy=frozenset({API_SERVER}))
    healthy, ages = {API_SERVER}, {}
    for component, name in PARTS.items():
        part = answer.get(name) or {}
        if part.get("status") == "healthy":
            healthy.add(component)
        if beat := part.get(f"latest_{name}_heartbeat"):
            ages[component] = max(0.0, (now - datetime.fromisoformat(beat)).total_seconds())
    return Health(answered=True, database=True, healthy=frozenset(healthy), heartbeat_ages=ages)


def look(address: str) -> Health:
    """Ask the api-server; no answer is an answer too."""
    try:
        with urllib.request.urlopen(f"{address}/api/v2/monitor/health", timeout=PATIENCE) as reply:  # noqa: S310 - loopback
            return judged(json.load(reply), datetime.now(UTC))
    except (OSError, ValueError):
        return NOTHING
