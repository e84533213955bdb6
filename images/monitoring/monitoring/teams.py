"""What teams say: each in one object of its own namespace, which its stack lets this account read."""

from __future__ import annotations

from typing import Any, Protocol

from .cluster import RefusedError

TEAM = "mlplatform.dev/team"


class Reads(Protocol):
    """Who reads from the API server."""

    def list(self, path: str, selector: str = "") -> list[dict[str, Any]]:
        """All objects of a kind."""

    def get(self, path: str) -> dict[str, Any]:
        """One object."""


def told(cluster: Reads, what: str) -> dict[str, dict[str, Any]]:
    """An object of each team that has it, by the team's name: that of the namespace, whatever is written in it.

    Args:
        cluster: Where they are.
        what: Kind and name as in a path, such as configmaps/alert-route.

    Raises:
        RefusedError: By anything but 403 and 404.
    """
    found = {}
    for namespace in cluster.list("/api/v1/namespaces", TEAM):
        metadata = namespace["metadata"]
        team = metadata["labels"][TEAM]
        if metadata["name"] != f"team-{team}":
            continue
        try:
            found[team] = cluster.get(f"/api/v1/namespaces/{metadata['name']}/{what}")
        except RefusedError as refused:
            # 404: it has none. 403: its stack has no such thing, or is on its way up or down.
            if refused.status not in (403, 404):
                raise
    return found
