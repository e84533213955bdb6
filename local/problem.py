"""The one exception whose text is meant for the person at the terminal."""

from __future__ import annotations


class Problem(Exception):  # noqa: N818 - it is what a user reads, not an internal error
    """Something that the user can put right.

    Args:
        what: What is wrong, naming the field or thing and its value.
        fix: What to do about it.
    """

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what}\n  fix: {fix}")
        self.what = what
        self.fix = fix
