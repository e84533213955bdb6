"""The labels of everything, from one place; what selects pods is part of what labels them."""

from __future__ import annotations

PART_OF = "mlplatform"
GROUP = "mlplatform.dev"
"""API group of our own kinds, and prefix of our own labels."""
TEAM = f"{GROUP}/team"
"""On the namespace of a team: its name. What holds for teams alone selects by it."""


TEAMS = "team-"
"""What the ids of teams begin with, and no other name in the shared tools."""


def team_id(name: str) -> str:
    """What a team is called in every tool: namespace, database, bucket, repository, workspace and the users of each."""
    return f"{TEAMS}{name}"


def selector(name: str, component: str) -> dict[str, str]:
    """What finds the pods of one component. Never changes: Kubernetes doesn't let it."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/component": component}


def labels(name: str, component: str, version: str | None = None) -> dict[str, str]:
    """The labels of an object: its selector, whose part it is and, if it has one, its version."""
    found = {**selector(name, component), "app.kubernetes.io/part-of": PART_OF}
    return found if version is None else {**found, "app.kubernetes.io/version": version}
