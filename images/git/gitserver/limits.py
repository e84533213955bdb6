"""How much one push, one tree and one repository may hold, and how long things may take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

MIB = 1 << 20
FILES = 10_000
"""Files of one tree: Airflow checks each version out."""
LINKS = 1_000
CHECK_SECONDS = 60
"""For whoever says whether a push is right."""
IDLE_SECONDS = 30
"""Between two parts of a body, in either direction."""
REQUEST_SECONDS = 600
TIDY_SECONDS = 120
"""For `git gc` after a push."""
AT_ONCE = 8
"""Fetches side by side, and as many pushes; the rest wait."""
AT_ONCE_EACH = 4
"""Fetches from one repository, so that none keeps the others waiting. It takes one push at a time."""
PROCESS_BYTES = 384 * MIB
"""Address space of one git process: a pack that unpacks to much more than it is ends git and not the pod."""


@dataclass(frozen=True)
class Limits:
    """Sizes, in bytes."""

    push: int = 50 * MIB
    """Of one push, and of all files of one tree together."""
    repository: int = 500 * MIB

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Limits:
        """As set by PUSH_LIMIT and REPOSITORY_LIMIT, in MiB."""
        return cls(
            push=int(environment.get("PUSH_LIMIT", "50")) * MIB,
            repository=int(environment.get("REPOSITORY_LIMIT", "500")) * MIB,
        )

    def environment(self) -> dict[str, str]:
        """For the hook."""
        return {"PUSH_LIMIT": str(self.push // MIB), "REPOSITORY_LIMIT": str(self.repository // MIB)}


def current() -> Limits:
    """Of this process."""
    return Limits.of(os.environ)
