"""The spec of one model service of a team."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from components.kubernetes.spec import Resources, Spec
from components.kubernetes.vocabulary import ModelServiceName

_MODEL = re.compile(
    r"models:/[^/@\s]{1,200}(@[A-Za-z][A-Za-z0-9_-]{0,99}|/[1-9][0-9]{0,8})|bento:/[A-Za-z0-9._/-]{1,400}"
)
Count = Annotated[int, Field(strict=True, ge=1, le=1000, examples=[4])]
Gpus = Annotated[int, Field(strict=True, ge=0, le=16, examples=[0])]
Percent = Annotated[int, Field(strict=True, ge=1, le=50, examples=[10])]
Seconds = Annotated[int, Field(strict=True, ge=5, le=86_400, examples=[60])]


class ReplicaSpec(Spec):
    """How many pods answer."""

    min: Annotated[int, Field(strict=True, ge=0, le=20, examples=[0])] = 0
    """As few pods as may be there. 0: none while nobody asks; the first request then waits for one."""

    max: Annotated[int, Field(strict=True, ge=1, le=20, examples=[3])] = 3
    """As many pods as may be there. Beyond them requests wait longer."""

    @model_validator(mode="after")
    def _ordered(self) -> ReplicaSpec:
        if self.max < self.min:
            raise ValueError(
                f"raise max to {self.min} or more, or lower min: there can't be fewer at most than at least"
            )
        return self


class CanarySpec(Spec):
    """How a new version is tried before it takes over."""

    weight: Percent = 10
    """Percent of the requests that it gets at most while it is tried."""

    seconds: Seconds = 60
    """How long it is tried. It takes over at the end, or goes as soon as it is found bad."""

    start_seconds: Seconds = 60
    """How long it may take from the start of its pod until it predicts. Until then it gets no request."""

    max_error_percent: Annotated[float, Field(ge=0, le=100, examples=[1.0])] = 1.0
    """Percent of its answers that may be errors beyond those of the version that serves."""

    max_latency_ratio: Annotated[float, Field(ge=1.1, le=100, examples=[3.0])] = 3.0
    """How many times as long as the version that serves it may take for half of its answers and, once there are
    many, for 95 of 100."""


class BatchingSpec(Spec):
    """Requests that come together are answered together."""

    max_size: Count = 32
    """Most requests in one batch."""

    max_latency_ms: Annotated[int, Field(strict=True, ge=1, le=10_000, examples=[50])] = 50
    """Most milliseconds that an answer may take with the wait for others; a request that couldn't be answered in time
    is refused."""


class ModelServiceSpec(Spec):
    """A model that answers requests at <name>-<team>.<base domain>."""

    name: ModelServiceName
    """Name of the service in the team: part of its address."""

    model: Annotated[str, Field(max_length=512, examples=["models:/keyword-recommender@champion"])]
    """What it serves: models:/<name>@<alias> or models:/<name>/<version> of the team's MLflow, or bento:/<key> of its
    bucket. `mlp model package` packs what that is now."""

    resources: Resources = Resources(cpu="100m", memory="512Mi")
    """Of each pod."""

    gpu: Gpus = 0
    """GPUs of each pod."""

    replicas: ReplicaSpec = ReplicaSpec()
    """How many pods."""

    scale_by: Annotated[Literal["requests", "cpu"], Field(examples=["requests"])] = "requests"
    """What the number of pods follows: requests in flight, or the processor that pods use (then min is 1 or more)."""

    target_concurrency: Annotated[int, Field(strict=True, ge=1, le=1000, examples=[8])] = 8
    """Requests in flight that one pod is to have; more of them call for another pod."""

    idle_seconds: Annotated[int, Field(strict=True, ge=10, le=86_400, examples=[300])] = 300
    """After so many seconds without a request no pod is left, where min is 0."""

    canary: CanarySpec = CanarySpec()
    """How a new version is tried."""

    batching: BatchingSpec | None = None
    """Answers requests in batches, for models that are quicker so. Off unless given."""

    @field_validator("model")
    @classmethod
    def _known(cls, model: str) -> str:
        if not _MODEL.fullmatch(model):
            raise ValueError("write models:/<name>@<alias>, models:/<name>/<version> or bento:/<key in the bucket>")
        return model

    @model_validator(mode="after")
    def _scales(self) -> ModelServiceSpec:
        if self.scale_by == "cpu" and self.replicas.min < 1:
            raise ValueError("set replicas.min to 1 or more, or scale_by to requests: no pod uses no processor")
        return self
