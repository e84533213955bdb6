"""Who there is, and what their teams give them: read from one Secret and the NotebookTeams, kept as plain values.

What isn't as it should be is left out and said: one team's mistake is no other's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

TEAMS = "team-"
"""What namespaces of teams begin with."""


@dataclass(frozen=True)
class Profile:
    """A size and an image to choose."""

    name: str
    title: str
    image: str
    cpu: str
    memory: str
    gpu: int = 0
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Team:
    """One team's part of the hub."""

    name: str
    people: frozenset[str]
    profiles: tuple[Profile, ...]
    home: str
    """Size of a person's home."""
    storage_class: str
    shared_claim: str
    """The volume that its people share."""
    service_account: str
    environment: Mapping[str, str]
    secrets: tuple[str, ...]
    """Secrets that are environment of its notebooks."""
    optional_secrets: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """ConfigMaps by the folder that they are mounted at, where they are there."""
    uid: str = ""
    """Of its NotebookTeam: what is made for it goes with it."""

    @property
    def namespace(self) -> str:
        """Where its notebooks run."""
        return f"{TEAMS}{self.name}"

    def profile(self, name: str | None) -> Profile:
        """One by its name, the first one for none. Another name is a `KeyError`."""
        if not name:
            return self.profiles[0]
        return {profile.name: profile for profile in self.profiles}[name]


@dataclass(frozen=True)
class Directory:
    """All of it at one moment."""

    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of people, by name."""
    teams: Mapping[str, Team] = field(default_factory=dict)

    def accepts(self, person: str, password: str) -> bool:
        """Whether this is the person's password. Takes as long for a person that isn't there."""
        known = self.passwords.get(person, "")
        same = hmac.compare_digest(password.encode(), known.encode())
        return bool(known) and same

    def teams_of(self, person: str) -> list[Team]:
        """Where a person may have a notebook, by name. Nowhere for one that isn't known."""
        if person not in self.passwords:
            return []
        return [team for _, team in sorted(self.teams.items()) if person in team.people]

    def team_of(self, person: str, name: str) -> Team | None:
        """The team, if the person is in it."""
        return next((team for team in self.teams_of(person) if team.name == name), None)

    def mark(self, person: str, key: bytes) -> str:
        """What a session is bound to: another password gives another mark, and nobody can tell one from the other."""
        text = f"{person}\0{self.passwords.get(person, '')}"
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def passwords(secret: Mapping[str, Any]) -> dict[str, str]:
    """Of people, from the Secret that has one key a person."""
    return {name: base64.b64decode(value).decode() for name, value in (secret.get("data") or {}).items()}


def teams(objects: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Team], list[str]]:
    """From NotebookTeams, and what is wrong with those that were left out.

    A team is who its namespace says, and nobody else: one object a namespace, of the namespace's own name.
    """
    found: dict[str, Team] = {}
    wrong: list[str] = []
    for one in objects:
        space, name = one["metadata"]["namespace"], one["metadata"]["name"]
        if not space.startswith(TEAMS) or name != space:
            wrong.append(f"NotebookTeam {space}/{name} isn't called like its namespace: left out")
            continue
        try:
            short = space.removeprefix(TEAMS)
            found[short] = team(short, one["spec"], one["metadata"].get("uid", ""))
        except (KeyError, TypeError, ValueError) as error:
            wrong.append(f"NotebookTeam {space}/{name} isn't whole: {error!r}: left out")
    return found, wrong


def team(name: str, spec: Mapping[str, Any], uid: str = "") -> Team:
    """One, from the spec of its NotebookTeam."""
    profiles = tuple(_profile(one) for one in spec["profiles"])
    if not profiles:
        raise ValueError("no profiles")
    return Team(
        name=name,
        people=frozenset(spec["people"]),
        profiles=profiles,
        home=spec["home"],
        storage_class=spec["storageClass"],
        shared_claim=spec["sharedClaim"],
        service_account=spec["serviceAccount"],
        environment={one["name"]: one["value"] for one in spec.get("environment", [])},
        secrets=tuple(spec.get("secrets", [])),
        optional_secrets=tuple(spec.get("optionalSecrets", [])),
        files={one["folder"]: one["configMap"] for one in spec.get("files", [])},
        uid=uid,
    )


def _profile(one: Mapping[str, Any]) -> Profile:
    return Profile(
        name=one["name"],
        title=one["title"],
        image=one["image"],
        cpu=one["cpu"],
        memory=one["memory"],
        gpu=one.get("gpu", 0),
        node_selector=dict(one.get("nodeSelector", {})),
        tolerations=tuple(one.get("tolerations", [])),
    )
