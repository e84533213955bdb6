"""What people are told when a model can't be packed."""

from __future__ import annotations


class PackError(Exception):
    """What went wrong, and what would put it right."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what}\n  fix: {fix}")
        self.what, self.fix = what, fix


class NoServiceError(PackError):
    """There is no such model service, or none that this pod may know of."""
