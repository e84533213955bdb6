"""What goes wrong in words for people."""

from __future__ import annotations


class Problem(Exception):  # noqa: N818 - as local.problem names it
    """The text says what is wrong and how to put it right."""
