"""Who may see what of a project. Pure: messages of Feast in, answers out.

A project belongs to the team of its name, written with '_' for '-': Feast takes no '-' in it. Another team sees of it
what a Permission of that project names, for the action that it names, and nothing where there is none: Feast's own
servers take no Permission for full access.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

DESCRIBE, READ_ONLINE = "DESCRIBE", "READ_ONLINE"
VIEW, SERVICE, ENTITY, SOURCE = "FEATURE_VIEW", "FEATURE_SERVICE", "ENTITY", "DATA_SOURCE"
PATTERN = re.compile(r"[A-Za-z0-9_-]{1,128}(\.\*)?|\.\*")
"""Of a Permission's name patterns: names, beginnings, or all. Any other regular expression could take for ever."""


@dataclass(frozen=True)
class Grant:
    """What one Permission lets its teams do."""

    teams: frozenset[str]
    types: frozenset[str]
    """Of objects, as the messages name them."""
    actions: frozenset[str]
    patterns: tuple[str, ...]
    """Names; all if there are none."""
    tags: tuple[tuple[str, str], ...]
    """What an object has to have besides."""

    def allows(self, team: str, kind: str, name: str, action: str, tags: dict[str, str]) -> bool:
        """Whether it lets a team do something to an object."""
        return (
            team in self.teams
            and kind in self.types
            and action in self.actions
            and (not self.patterns or any(matches(pattern, name) for pattern in self.patterns))
            and all(tags.get(key) == value for key, value in self.tags)
        )


def project_of(team: str) -> str:
    """The project of a team, which is the team's name here: names of teams have no '_'."""
    return team.replace("-", "_")


def matches(pattern: str, name: str) -> bool:
    """As Feast's regular expressions do, for those that are taken; any other matches nothing."""
    if not PATTERN.fullmatch(pattern):
        return False
    return name.startswith(pattern[:-2]) if pattern.endswith(".*") else name == pattern


def grant(permission: Any) -> Grant:
    """What a Permission says. A policy that names nobody lets nobody in."""
    spec = permission.spec
    return Grant(
        teams=frozenset(named(spec.policy)),
        types=frozenset(_names(spec.DESCRIPTOR.enum_types_by_name["Type"], spec.types)),
        actions=frozenset(_names(spec.DESCRIPTOR.enum_types_by_name["AuthzedAction"], spec.actions)),
        patterns=tuple(spec.name_patterns),
        tags=tuple(sorted(dict(spec.required_tags).items())),
    )


def named(policy: Any) -> Iterable[str]:
    """The teams of a policy of any kind, as roles, groups or namespaces; written as teams or as projects."""
    kind = policy.WhichOneof("policy_type")
    if kind is None:
        return
    found = getattr(policy, kind)
    for field in ("roles", "groups", "namespaces"):
        yield from map(project_of, getattr(found, field, ()))


def _names(enum: Any, numbers: Iterable[int]) -> Iterable[str]:
    for number in numbers:
        if (value := enum.values_by_number.get(number)) is not None:
            yield str(value.name)


@dataclass(frozen=True)
class Sight:
    """What one team may do in one project."""

    team: str
    project: str
    grants: Sequence[Grant] = ()

    @property
    def owner(self) -> bool:
        """Whether the project is its own."""
        return self.team == self.project

    def may(self, kind: str, name: str, action: str, tags: dict[str, str] | None = None) -> bool:
        """Whether it may do this to that."""
        return self.owner or any(grant.allows(self.team, kind, name, action, tags or {}) for grant in self.grants)
