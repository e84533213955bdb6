"""The spec of a team's notebooks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from components.kubernetes.spec import Spec
from components.kubernetes.validators import size_in_bytes
from components.kubernetes.vocabulary import DnsLabel, Size
from components.platform.notebooks_spec import PersonName


class NotebooksSpec(Spec):
    """Notebooks of the team's people, in its namespace, with all that its tasks have: buckets, keys, features."""

    people: Annotated[tuple[PersonName, ...], Field(min_length=1, max_length=1000, examples=[["ada"]])]
    """Who has one, of the people that the platform knows. Who is taken out has no access from then on; their home
    stays for as long as the team does."""

    home: Size = "1Gi"
    """Size of each person's own volume, out of the team's quota. Nobody else's notebook mounts it."""

    shared: Size = "1Gi"
    """Size of the volume that they all share, out of the team's quota. It stays for as long as the team does."""

    profiles: Annotated[tuple[DnsLabel, ...], Field(max_length=20, examples=[["small"]])] = ()
    """Which of the platform's profiles they can choose. All, if none is named."""

    @field_validator("people", "profiles")
    @classmethod
    def _distinct(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"name each one once: {twice[0]} is there twice")
        return names

    @property
    def storage(self) -> int:
        """Bytes that all volumes together take of the quota."""
        return int(size_in_bytes(self.shared) + len(self.people) * size_in_bytes(self.home))
