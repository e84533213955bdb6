"""The spec of one team."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from components.kubernetes.labels import team_id
from components.kubernetes.spec import Resources, Spec
from components.kubernetes.validators import cores, size_in_bytes
from components.kubernetes.vocabulary import Cpu, DnsLabel, Parallelism, Pods, ReleaseName, Rotation, Size, TeamName
from components.team.tuning_spec import TuningSpec

STATSD = Resources(cpu="10m", memory="64Mi")
"""What the sidecar takes that turns Airflow's statsd metrics into Prometheus'."""


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

    resources: Resources = Resources(cpu="100m", memory="1536Mi")
    """Servers, which share their memory: about 1 GiB when idle, more while many tasks start at once."""

    worker: Resources = Resources(cpu="100m", memory="512Mi")
    """Pod of a task that asks for nothing else by `executor_config`."""

    parallelism: Parallelism = 8
    """Tasks that run at the same time. As many as fit on a small node beside Airflow itself."""


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

    tuning: TuningSpec = TuningSpec()
    """How its models' hyperparameters are tuned."""

    quota: QuotaSpec
    """What it may use."""

    on_removal: Annotated[Literal["keep", "purge"], Field(examples=["keep"])] = "keep"
    """What becomes of its data when the stack is destroyed. `keep`: access ends, and database, bucket, repository,
    experiments and models wait for a team of the same name. `purge`: they go."""

    @property
    def id(self) -> str:
        """What the team is called in every tool."""
        return team_id(self.name)

    @field_validator("quota")
    @classmethod
    def _enough(cls, quota: QuotaSpec, info: ValidationInfo) -> QuotaSpec:
        airflow = info.data.get("airflow")
        if isinstance(airflow, AirflowSpec):
            _room(quota, [airflow.resources, STATSD, airflow.worker])
        return quota


def _room(quota: QuotaSpec, wanted: Iterable[Resources]) -> None:
    """A quota that Airflow and one task don't fit in would leave a team that never runs anything."""
    parts = list(wanted)
    processor = sum(cores(part.cpu) for part in parts)
    memory = sum(size_in_bytes(part.memory) for part in parts)
    if cores(quota.cpu) < processor:
        raise ValueError(f"raise cpu to {int(processor * 1000)}m or more, which Airflow and one of its tasks ask for")
    if size_in_bytes(quota.memory) < memory:
        least = -(-int(memory) // 2**20)
        raise ValueError(f"raise memory to {least}Mi or more, which Airflow and one of its tasks ask for")
