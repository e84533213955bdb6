"""Specs of new teams: written in the form of one that is there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from local.problem import Problem
from mlp import config, specs, teams


def ensure(team: str) -> bool:
    """Write the spec of a team in the form of the first one's, unless it has one; whether it was written.

    Raises:
        Problem: The name can't be a team's, the first team's spec is gone, or a spec is wrong.
    """
    teams.checked(team)
    written = not teams.spec_of(team).exists()
    if written:
        # A new team has no models yet, and nobody has said who its people are.
        _write(teams.FIRST, team, left_out=("models", "notebooks"))
    specs.team(team)
    return written


def clone(source: str, team: str) -> dict[str, object]:
    """Write the spec and the plain config of a team as another has them; returns that config.

    Salt and secrets stay behind: with them, the new team could read the other's.

    Raises:
        Problem: The first isn't known, the second is there already, or a name can't be a team's.
    """
    teams.checked(team)
    teams.require(source, teams.specified())
    if teams.spec_of(team).exists():
        raise Problem(
            f"{teams.shown(teams.spec_of(team))} is there already",
            f"bring it up with `mlp team add {team}`, or choose another name",
        )
    _write(source, team)
    specs.team(team)
    values = config.plain_values(config.path_of(teams.stack_of(source)))
    kept = {key: value for key, value in values.items() if key not in config.OWN}
    config.write(config.path_of(teams.stack_of(team)), kept)
    return kept


def text(source: str, of: str, team: str) -> str:
    """A spec's text as another team's: its name, and what comments say of it."""
    lines = []
    for line in source.splitlines():
        if line.startswith("#"):
            line = re.sub(rf"\bteam {re.escape(of)}(?![\w-])", f"team {team}", line)
        elif re.match(r"name\s*:", line):
            line = f"name: {team}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def without(text: str, key: str) -> str:
    """A spec's text without a key of its first level, and what is under it."""
    lines, inside = [], False
    for line in text.splitlines():
        inside = line.startswith(f"{key}:") or (inside and (not line or line[0] in " -"))
        if not inside:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _write(source: str, team: str, left_out: Sequence[str] = ()) -> None:
    form = teams.spec_of(source)
    if not form.exists():
        raise Problem(
            f"{teams.shown(form)} is gone, and new specs have its form",
            "get it back (`git checkout` of that file), or copy another team's: `mlp team clone FROM TO`",
        )
    written = text(form.read_text(), source, team)
    for key in left_out:
        written = without(written, key)
    teams.spec_of(team).write_text(written)
