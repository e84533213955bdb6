"""What of the engine's output a person needs: progress as it comes, and of a failure the errors alone."""

from __future__ import annotations

import re

NOISE = re.compile(
    r"^@ |^\.+$|^(Updating|Previewing update|Destroying|Refreshing|Previewing destroy) \("
    r"|warning: using pulumi-\S+ from \$PATH|^\s*pulumi:pulumi:Stack \S+$|^\s*pulumi:pulumi:Stack: \(same\)"
    r"|^\s*Loading policy packs"
    r"|^\s*\[urn=\S+::pulumi:pulumi:Stack::|\b\d+ (warning|error)s?$|^Duration:|^View (Live|in Browser)"
)
SECONDS = re.compile(r" \(\d+(\.\d+)?s\)")
# Just begun: what matters is that it is done, or what it still waits for after some seconds.
STARTED = re.compile(r"^ [-+~].* (creat|updat|delet|replac|read|refresh)ing \((\d+s\)$|0s\))")
# A message of several lines, of which this is the first.
CUT_OFF = "; last log lines:"
SECTIONS = ("Diagnostics:", "Outputs:", "Resources:", "Policies:")


class Progress:
    """A filter for the engine's lines: what happened, once each, until the summary starts.

    The engine repeats a resource as seconds pass; only a new state or message is news. A diff is shown whole.
    """

    def __init__(self, diff: bool = False) -> None:
        self._diff = diff
        self._over = False
        self._shown: set[str] = set()

    def line(self, text: str) -> str | None:
        """The line to print, or None."""
        text = text.rstrip()
        self._over = self._over or text in SECTIONS
        if self._over or not text.strip() or NOISE.search(text):
            return None
        if self._diff:
            return text
        news = SECONDS.sub("", text)
        # Errors are told at the end, together.
        if news in self._shown or STARTED.search(text) or "error: " in text:
            return None
        self._shown.add(news)
        return text.removesuffix(CUT_OFF)


def errors(stdout: str, stderr: str) -> list[str]:
    """The lines that say what failed: of each error the resources that have it, and the error once."""
    found: dict[tuple[str, ...], list[str]] = {}
    for header, body in _groups(stdout):
        lines = [line for line in body if not NOISE.search(line)]
        first = next((index for index, line in enumerate(lines) if line.startswith("error:")), None)
        if first is None:
            continue
        message = tuple(_message(lines[first:]))
        if message in (("update failed",), ("preview failed",)):
            continue
        # The program's own errors stand under the stack's name, which says nothing.
        resources = found.setdefault(message, [])
        if not header.startswith("pulumi:pulumi:Stack"):
            resources.append(header.rstrip(":"))
    if not found:
        said = [line for line in stderr.splitlines() if line.strip()]
        return _message(said[-5:]) or _message([line for line in stdout.splitlines() if line.strip()][-5:])
    told: list[str] = []
    for message, resources in found.items():
        told += [*resources, *(f"  {line}" if resources else line for line in message)]
    return told


def _groups(stdout: str) -> list[tuple[str, list[str]]]:
    """The diagnostics: (resource, its lines)."""
    groups: list[tuple[str, list[str]]] = []
    inside = False
    for line in stdout.splitlines():
        if line.rstrip() in SECTIONS:
            inside = line.rstrip() == "Diagnostics:"
        elif inside and re.match(r"^ {2}\S", line):
            groups.append((line.strip(), []))
        elif inside and groups and line.strip():
            groups[-1][1].append(line[4:])
    return groups


def _message(lines: list[str]) -> list[str]:
    """Lines without the word `error:` and without a warning that follows; a line that is there already is left out."""
    kept: list[str] = []
    for line in lines:
        if line.startswith("warning:"):
            break
        text = line.removeprefix("error:").strip() if line.startswith("error:") else line.rstrip()
        if text not in kept:
            kept.append(text)
    return kept
