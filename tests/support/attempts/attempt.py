"""What a team may try at what belongs to another, or at its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.cluster import Cluster
from tests.support.service_account import ServiceAccount
from tests.support.teams import Team
from tests.support.web import Site


@dataclass(frozen=True)
class Attacker:
    """A team with all that it has: credentials of every tool, its service accounts, and a person's rights."""

    cluster: Cluster
    """An administrator's, to look at how things went."""
    team: Team
    mlflow: Site
    scheduler: ServiceAccount
    """Its Airflow's service account."""
    member: ServiceAccount
    """One that may do everything that can be allowed inside the team's namespace."""
    image: str
    """What its pods may run."""


@dataclass(frozen=True)
class Target:
    """Somebody's things, by name."""

    namespace: str
    role: str
    database: str
    bucket: str
    user: str
    """In MLflow."""
    workspace: str
    team: Team | None = None
    """With credentials, to plant things with; none for the platform."""
    experiment: str = ""
    """Id of an experiment in the workspace."""
    model: str = ""
    """A registered model there."""
    artifact: str = ""
    """Path of an artifact there, in MLflow's bucket."""
    key: str = ""
    """An object in the bucket."""
    secret: str = "tenant-keys"
    pod: str = ""
    """A pod that runs in the namespace."""
    container: str = "airflow"
    """One of its containers."""
    service_account: str = "worker"

    @property
    def is_platform(self) -> bool:
        """Whether it is what all teams share."""
        return self.team is None

    def opened(self) -> Team:
        """The team that it belongs to."""
        assert self.team is not None, f"{self.namespace} is no team's"
        return self.team


@dataclass(frozen=True)
class Attempt:
    """One thing to do to a target; on its own things the same must succeed."""

    name: str
    refusal: str
    """Regular expression: the tool's words, or its code, when it refuses."""
    act: Callable[[Attacker, Target], object]
    at: tuple[str, ...] = ("search",)
    """Whose things it is tried on: search, platform, server."""
