"""A tool's no, in one form for all tools, so that a test can say which no it expects."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - what happened, not a bug
    """A tool understood the request and didn't do it."""

    def __init__(self, tool: str, said: str) -> None:
        """Args: tool: who said no; said: in which words, with its code if it has one."""
        super().__init__(f"{tool}: {said}")
        self.tool, self.said = tool, said
