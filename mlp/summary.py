"""What `mlp up` says at its end: where things are, how to get in, what it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from local import paths
from mlp import config, console, disk, teams

LEAST_SECONDS = 1.0
# Less growth than this and nothing was built: counting the caches would only take time.
BUILT_BYTES = 256 * 1024 * 1024


def show(timing: Mapping[str, float], watch: disk.Watch) -> None:
    """Print it; the table of addresses goes to stdout."""
    console.say()
    slow = [(name, seconds) for name, seconds in timing.items() if seconds >= LEAST_SECONDS]
    if slow:
        console.say(console.table(("step", "seconds"), [(name, f"{seconds:.0f}") for name, seconds in slow]))
        console.say()
    if watch.grown > BUILT_BYTES:
        sizes = f"caches {console.size(disk.size_of(paths.cache()))}, data {console.size(disk.size_of(paths.home()))}"
        console.say(f"disk: {console.size(watch.grown)} more at the fullest; now {sizes}")
        console.say()
    addresses(["", *teams.standing()])


def addresses(whose: Sequence[str]) -> None:
    """Print the table of addresses.

    Args:
        whose: Teams; empty text is what all share.
    """
    rows = [row for team in whose for row in _rows(team)]
    if rows:
        print(console.table(("tool", "address", "user and password"), rows), flush=True)


def _rows(team: str) -> list[tuple[str, str, str]]:
    outputs = config.outputs(team)
    credentials, of = outputs.get("credentials", {}), f" --team {team}" if team else ""
    return [
        (
            f"{tool} of {team}" if team else tool,
            address,
            f"mlp credentials {tool}{of}{_whose(credentials[tool])}" if tool in credentials else "none needed",
        )
        for tool, address in sorted({**outputs.get("addresses", {}), **outputs.get("models", {})}.items())
    ]


def _whose(reference: Mapping[str, str]) -> str:
    """What has to be added where each person has a password of their own."""
    return " --user NAME" if "people" in reference else ""
