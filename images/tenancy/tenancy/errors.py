"""What a tool said no to, in words for a condition: they name the tool and the reason, and hold no secret."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic, sleep

REFUSED = "Refused"
UNREACHABLE = "Unreachable"


class ToolError(Exception):
    """A tool didn't do what was asked; trying again may help.

    Args:
        message: Which tool, and what it said.
        reason: One word in CamelCase, as conditions have it.
    """

    def __init__(self, message: str, reason: str = REFUSED) -> None:
        super().__init__(message)
        self.reason = reason


def unreachable(tool: str, why: object) -> ToolError:
    """Nothing answers, or what answers is on its way up or down."""
    return ToolError(f"{tool} isn't there: {first_line(why)}", UNREACHABLE)


def first_line(text: object) -> str:
    """What a message begins with: the lines after it repeat the request."""
    lines = str(text).strip().splitlines()
    return lines[0][:300] if lines else "no reason given"


def without(text: str, secrets: Iterable[str]) -> str:
    """A text without these secrets, whoever put them in."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text


def patiently(seconds: float, act: Callable[[], None]) -> None:
    """Act, and wait for a tool that is on its way up. For Jobs; the controller comes back by itself."""
    until = monotonic() + seconds
    while True:
        try:
            return act()
        except ToolError as error:
            if error.reason != UNREACHABLE or monotonic() > until:
                raise
        sleep(1)
