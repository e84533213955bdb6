"""What people see first: their teams, and the profiles of each."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from .authenticator import People
from .directory import Profile


def first_page(handler: Any) -> str:
    """The hub's page for who is signed in; signing in for everybody else."""
    user = handler.current_user
    return f"{handler.hub.base_url}home" if user else ""


def notebooks_of(user: Any) -> list[dict[str, Any]]:
    """A person's teams, for the template of the page; none where nobody is signed in."""
    if user is None:
        return []
    found = []
    for team in People.directory.teams_of(user.name):
        spawner = user.spawners.get(team.name)
        found.append(
            {
                "team": team.name,
                "profiles": team.profiles,
                "runs": bool(spawner and spawner.ready),
                "pending": bool(spawner and spawner.pending),
                "url": user.server_url(team.name),
            }
        )
    return found


def choice(profiles: Sequence[Profile]) -> str:
    """The part of a form in which one of them is chosen."""
    lines = []
    for index, profile in enumerate(profiles):
        size = f"{profile.cpu} CPU, {profile.memory}" + (f", {profile.gpu} GPU" if profile.gpu else "")
        lines.append(
            f'<div class="form-check"><label class="form-check-label">'
            f'<input class="form-check-input" type="radio" name="profile" value="{escape(profile.name)}"'
            f"{'' if index else ' checked'}> <strong>{escape(profile.title)}</strong> ({escape(size)})</label></div>"
        )
    return "".join(lines)
