"""Which namespaces are teams'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.resource import Resource

PREFIX = "team-"
"""What the names of teams' namespaces begin with."""
LABEL = "mlplatform.dev/team"
"""On the namespace of a team: its name."""


def namespaces(resources: Sequence[Resource]) -> Iterator[Resource]:
    """Those that a stack makes for a team."""
    for resource in resources:
        if resource.kind == "Namespace" and (resource.metadata.get("labels") or {}).get(LABEL):
            yield resource
