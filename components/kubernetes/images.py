"""Images by digest, from our own registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

PROJECT = "mlplatform"


@dataclass(frozen=True)
class Images:
    """The digests of one release in one registry."""

    release: str
    registry: str
    digests: Mapping[str, str]

    def optional(self, name: str) -> str:
        """As `reference`, but empty for an image that nobody built here."""
        return self.reference(name) if name in self.digests else ""

    def reference(self, name: str) -> str:
        """`registry/mlplatform/name@sha256:...`, which is where images are pushed. Not in the release: a RunError."""
        if name not in self.digests:
            raise pulumi.RunError(f"image {name} isn't in release {self.release}\n  fix: run `mlp images` first")
        return f"{self.registry}/{PROJECT}/{name}@{self.digests[name]}"
