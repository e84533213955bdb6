"""The spec of one team."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from components.kubernetes import statsd
from components.kubernetes.labels import team_id
from components.kubernetes.spec import Resources, Spec
from components.kubernetes.validators import cores, size_in_bytes
from components.kubernetes.vocabulary import (
    Cpu,
    DnsLabel,
    Parallelism,
    Pods,
    ReleaseName,
    Rotation,
    Size,
    TeamName,
    WebhookUrl,
)
from components.team.feature_spec import FeatureStoreSpec
from components.team.model_spec import ModelServiceSpec
from components.team.notebooks_spec import NotebooksSpec
from components.team.tuning_spec import TuningSpec


class QuotaSpec(Spec):
    """The most that all of the team's pods and volumes may ask for together."""

    cpu: Annotated[Cpu, Field(examples=["4"])]
    """Processor that its pods keep free for themselves. What is idle may be used beyond it."""

    memory: Annotated[Size, Field(examples=["8Gi"])]
    """Memory of its pods. Tasks that don't fit wait until others have ended."""

    pods: Pods
    """Pods that run or wait: Airflow's and one for each task that runs."""

    storage: Annotated[Size, Field(examples=["10Gi"])]
    """Volumes that it may claim. Its bucket and its database don't count."""


class AirflowSpec(Spec):
    """The team's own Airflow."""

    resources: Resources = Resources(cpu="60m", memory="1536Mi")
    """Servers, which share their memory: about 1 GiB when idle, more while many tasks start at once. The processor is
    what they use when idle."""

    worker: Resources = Resources(cpu="100m", memory="512Mi")
    """Pod of a task that asks for nothing else by `executor_config`."""

    parallelism: Parallelism = 8
    """Tasks that run at the same time. As many as fit on a small node beside Airflow itself."""


class AlertsSpec(Spec):
    """Who is told when something of the team's is wrong."""

    webhook: WebhookUrl
    """Address that Alertmanager posts the team's alerts to, and those of no other team."""


class TeamSpec(Spec):
    """A slice of the platform for one team, beside the others: namespace, Airflow and its part of each shared tool."""

    kind: Literal["team"]
    """The layer that this file describes."""

    name: TeamName
    """Name of the team, which ends the stack's. Namespace, database, bucket, repository, workspace and the users of
    each are called team-<name>."""

    platform: Annotated[DnsLabel, Field(examples=["local-platform"])]
    """Stack that it stands on, whose spec is stacks/<name>.yaml."""

    images: ReleaseName
    """Release of images: images/releases/<name>.json. `local` is what `mlp images` built on this machine."""

    rotation: Rotation = 1
    """Raise it to change every password and key of the team. Pods that run then fail and are tried again."""

    airflow: AirflowSpec = AirflowSpec()
    """Where its pipelines run."""

    models: Annotated[tuple[ModelServiceSpec, ...], Field(max_length=50)] = ()
    """Models that answer requests."""

    tuning: TuningSpec = TuningSpec()
    """How its models' hyperparameters are tuned."""

    features: FeatureStoreSpec | None = None
    """Its feature store. None by default."""

    notebooks: NotebooksSpec | None = None
    """Notebooks of its people. None by default."""

    quota: QuotaSpec
    """What it may use."""

    alerts: AlertsSpec | None = None
    """Who is told besides the platform. Nobody by default."""

    on_removal: Annotated[Literal["keep", "purge"], Field(examples=["keep"])] = "keep"
    """What becomes of its data when the stack is destroyed. `keep`: access ends, and database, bucket, repository,
    experiments and models wait for a team of the same name. `purge`: they go."""

    @property
    def id(self) -> str:
        """What the team is called in every tool."""
        return team_id(self.name)

    @property
    def always(self) -> list[Resources]:
        """What the containers ask for that run as long as the team is up; notebooks and tasks come and go."""
        models = [model.resources for model in self.models for _ in range(model.replicas.min)]
        store = [self.features.server] if self.features else []
        return [self.airflow.resources, statsd.RESOURCES, *store, *models]

    @field_validator("models")
    @classmethod
    def _distinct(cls, models: tuple[ModelServiceSpec, ...]) -> tuple[ModelServiceSpec, ...]:
        names = [model.name for model in models]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"give each model service a name of its own: {', '.join(twice)} is there twice")
        return models

    @field_validator("quota")
    @classmethod
    def _enough(cls, quota: QuotaSpec, info: ValidationInfo) -> QuotaSpec:
        airflow, models = info.data.get("airflow"), info.data.get("models")
        if isinstance(airflow, AirflowSpec) and models is not None:
            features = info.data.get("features")
            store = [features.server, features.worker] if isinstance(features, FeatureStoreSpec) else []
            servers = [airflow.resources, statsd.RESOURCES, airflow.worker]
            _room(quota, servers, [model.resources for model in models], store)
        notebooks = info.data.get("notebooks")
        if isinstance(notebooks, NotebooksSpec) and size_in_bytes(quota.storage) < notebooks.storage:
            least = -(-notebooks.storage // 2**20)
            raise ValueError(f"raise storage to {least}Mi or more, which homes and shared volume of notebooks ask for")
        return quota


def _room(
    quota: QuotaSpec, airflow: Iterable[Resources], models: Iterable[Resources], features: Iterable[Resources]
) -> None:
    """A quota that Airflow, one task and a pod of each model don't fit in leaves a team that never runs them."""
    parts, served, store = list(airflow), list(models), list(features)
    who = "Airflow and one of its tasks"
    if store:
        parts, who = [*parts, *store], f"{who}, the feature server"
    if served:
        parts, who = [*parts, *served], f"{who} and a pod of each model"
    processor = sum(cores(part.cpu) for part in parts)
    memory = sum(size_in_bytes(part.memory) for part in parts)
    if cores(quota.cpu) < processor:
        raise ValueError(f"raise cpu to {int(processor * 1000)}m or more, which {who} ask for")
    if size_in_bytes(quota.memory) < memory:
        least = -(-int(memory) // 2**20)
        raise ValueError(f"raise memory to {least}Mi or more, which {who} ask for")
