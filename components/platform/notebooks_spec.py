"""The spec of notebooks: who has one, and of what size."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from components.kubernetes.spec import Resources, Spec
from components.kubernetes.vocabulary import Cpu, DnsLabel, Rotation, Size

_PERSON = re.compile(r"[a-z]([a-z0-9]|-(?!-)){0,28}[a-z0-9]")


def person_name(value: str) -> str:
    """The name that a person signs in with: part of the names of a pod and a volume."""
    if not _PERSON.fullmatch(value):
        raise ValueError("use 2 to 30 of a-z, 0-9 and single '-', starting with a letter and not ending with '-'")
    return value


PersonName = Annotated[str, AfterValidator(person_name), Field(max_length=30, examples=["ada"])]
IdleMinutes = Annotated[int, Field(strict=True, ge=1, le=10_080, examples=[60])]
Gpus = Annotated[int, Field(strict=True, ge=0, le=16, examples=[1])]


class PersonSpec(Spec):
    """Somebody who may sign in. What they may do there, teams say."""

    name: PersonName
    """Name to sign in with. The password is what `mlp credentials notebooks --user <name>` says."""

    rotation: Rotation = 1
    """Raise it to change the person's password: they are signed out everywhere, and their notebooks stop."""


class ProfileSpec(Spec):
    """A size of notebook to choose."""

    name: DnsLabel
    """What programs call it."""

    title: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$", examples=["Small"])]
    """What people read."""

    image: Annotated[Literal["notebook-small", "notebook"], Field(examples=["notebook-small"])]
    """What runs: `notebook` has the deep learning frameworks and Spark, `notebook-small` starts sooner. Where a team's
    release of images hasn't got it, the team hasn't got the profile."""

    cpu: Cpu = "100m"
    """Processor that is kept free for it, out of the team's quota. What is idle may be used beyond it."""

    memory: Size = "1Gi"
    """Memory that it may use, out of the team's quota."""

    gpu: Gpus = 0
    """GPUs of its own."""

    pool: DnsLabel | None = None
    """Node pool of the foundation that it runs on. Anywhere by default, except on nodes that keep others away."""


class NotebooksSpec(Spec):
    """JupyterHub: notebooks of people, in the namespaces of their teams."""

    people: Annotated[tuple[PersonSpec, ...], Field(min_length=1, max_length=1000)]
    """Who may sign in."""

    profiles: Annotated[tuple[ProfileSpec, ...], Field(min_length=1, max_length=20)]
    """What they can choose from; the first one is chosen for who says nothing."""

    idle_minutes: IdleMinutes = 60
    """A notebook that nobody used for so long is stopped; its files stay. Kernels are, too."""

    resources: Resources = Resources(cpu="25m", memory="384Mi")
    """The hub itself: 180 MB with nobody there."""

    rotation: Rotation = 1
    """Raise it to change the hub's keys and its password of the database. Everybody is signed out, and notebooks
    stop."""

    @field_validator("people", "profiles")
    @classmethod
    def _distinct(cls, values: tuple[PersonSpec | ProfileSpec, ...]) -> tuple[PersonSpec | ProfileSpec, ...]:
        names = [value.name for value in values]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"give each one a name of its own: {twice[0]} is there twice")
        return values
