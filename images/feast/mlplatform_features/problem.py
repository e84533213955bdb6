"""What people are told instead of a traceback."""

from __future__ import annotations


class Problem(Exception):  # noqa: N818 - said to a person, as local.problem
    """Something that whoever asked can mend: what is wrong, and what would do."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(f"{what}; {fix}" if fix else what)


class NotAllowedError(Exception):
    """Whoever asks may not; or nobody knows who that is."""


class NotFoundError(Exception):
    """There is no such thing, for whoever asks; `kind` is what Feast raises then."""

    def __init__(self, kind: str, name: str, project: str) -> None:
        super().__init__(f"{name} does not exist in project {project}")
        self.kind = kind


class RefusedError(Exception):
    """Nobody may: what was sent isn't taken."""
