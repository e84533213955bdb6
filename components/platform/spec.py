"""The spec of what all teams share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from components.kubernetes.labels import TEAMS
from components.kubernetes.spec import Resources, Spec
from components.kubernetes.vocabulary import DnsLabel, ReleaseName, Replicas, Rotation, Size
from components.platform.monitoring_spec import MonitoringSpec
from components.platform.notebooks_spec import NotebooksSpec

NAMESPACE = "mlp-platform"
TAKEN_NAMESPACES = (NAMESPACE, "mlp-foundation")
TAKEN_WORKSPACES = ("admin", "default", "workspaces", "api", "ajax-api", "static-files")


class MlflowSpec(Spec):
    """The MLflow server."""

    replicas: Replicas = 1
    """Servers side by side. One does for a few teams; more of them survive a node that goes."""

    resources: Resources = Resources(cpu="50m", memory="1Gi")
    """One server takes about 430 MB when idle; artifacts pass through it."""

    rotation: Rotation = 1
    """Raise it to change its admin's password and its keys to database and object store."""


class GitSpec(Spec):
    """The server of teams' git repositories."""

    storage: Size = "5Gi"
    """Size of its volume. One repository takes at most 500 MiB. It can grow only if the storage class lets volumes
    grow."""

    resources: Resources = Resources(cpu="50m", memory="512Mi")
    """Enough for eight requests at once; idle it takes 30 MB."""

    rotation: Rotation = 1
    """Raise it to change its admin's key."""


class FeaturesSpec(Spec):
    """The registry of all teams' features."""

    replicas: Replicas = 1
    """Servers side by side. Feature servers go on without it for the team's own key."""

    resources: Resources = Resources(cpu="10m", memory="192Mi")
    """One takes about 80 MB."""

    rotation: Rotation = 1
    """Raise it to change its admin's key and its key to the database."""


class WorkspaceSpec(Spec):
    """One MLflow workspace, a user who may use nothing else, and the namespace whose pods get that user's password."""

    name: DnsLabel
    """Name of the workspace and its user. Those of teams begin with team-, so this one can't."""

    namespace: Annotated[DnsLabel, Field(examples=["mlp-examples"])]
    """Namespace that is made for it, with the Secret mlflow-<name> in it. Begins with mlp-, so that it can't be one
    that others made."""

    rotation: Rotation = 1
    """Raise it to change the user's password."""

    @field_validator("name")
    @classmethod
    def _not_taken(cls, name: str) -> str:
        if len(name) < 2:
            raise ValueError("use at least two characters")
        if name in TAKEN_WORKSPACES:
            raise ValueError(f"choose another name: MLflow keeps {', '.join(TAKEN_WORKSPACES)} for itself")
        if name.startswith(TEAMS):
            raise ValueError(f"choose a name that doesn't begin with {TEAMS}: teams' stacks make those")
        return name

    @field_validator("namespace")
    @classmethod
    def _ours(cls, namespace: str) -> str:
        if not namespace.startswith("mlp-") or namespace in TAKEN_NAMESPACES:
            raise ValueError(f"use a namespace that begins with mlp- and isn't {' or '.join(TAKEN_NAMESPACES)}")
        return namespace


class PlatformSpec(Spec):
    """What all teams share."""

    kind: Literal["platform"]
    """The layer that this file describes."""

    foundation: Annotated[DnsLabel, Field(examples=["local-foundation"])]
    """Stack that it stands on, whose spec is stacks/<name>.yaml."""

    images: ReleaseName
    """Release of images: images/releases/<name>.json. `local` is what `mlp images` built on this machine."""

    mlflow: MlflowSpec
    """The tracking server and model registry."""

    git: GitSpec = GitSpec()
    """The server of teams' git repositories."""

    features: FeaturesSpec = FeaturesSpec()
    """Where teams' features are known."""

    monitoring: MonitoringSpec = MonitoringSpec()
    """Metrics, alerts and who is told of them."""

    notebooks: NotebooksSpec | None = None
    """JupyterHub, with the people who may sign in. None by default."""

    workspaces: Annotated[tuple[WorkspaceSpec, ...], Field(max_length=500)] = ()
    """Who tracks there besides teams, whose stacks bring their own."""

    @field_validator("workspaces")
    @classmethod
    def _distinct(cls, workspaces: tuple[WorkspaceSpec, ...]) -> tuple[WorkspaceSpec, ...]:
        for field in ("name", "namespace"):
            values = [getattr(workspace, field) for workspace in workspaces]
            if repeated := sorted({value for value in values if values.count(value) > 1}):
                raise ValueError(f"give each workspace a {field} of its own: {repeated[0]} is used more than once")
        return workspaces
