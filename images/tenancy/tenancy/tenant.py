"""What a Tenant asks for, as the controller reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import names


@dataclass(frozen=True)
class Tenant:
    """One Tenant; what its schema checks isn't checked again."""

    name: str
    namespace: str
    secret: str
    """Secret in its namespace with the passwords that it is to have."""
    rotation: int
    template: str | None
    """Database that its own is copied from."""
    check_url: str | None
    """Who says whether a push is right."""
    features: bool
    """Whether it has a project in the feature registry."""
    purge: bool
    """Whether its data goes with it."""
    generation: int
    """What the conditions are about."""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Tenant:
        """From the object."""
        metadata, spec = body["metadata"], body["spec"]
        return cls(
            name=metadata["name"],
            namespace=metadata["namespace"],
            secret=spec["secretName"],
            rotation=spec["rotation"],
            template=spec.get("database", {}).get("template"),
            check_url=spec.get("repository", {}).get("checkUrl"),
            features=spec.get("features", False),
            purge=spec.get("onRemoval", "Keep") == "Purge",
            generation=metadata.get("generation", 1),
        )

    @property
    def allowed(self) -> bool:
        """Whether it may have its name."""
        return names.allowed(self.name, self.namespace)
