"""Who may see what: nothing where nobody said so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from images.feast.mlplatform_features import grants
from images.feast.mlplatform_features.grants import Grant, Sight

TYPES = {1: "FEATURE_VIEW", 2: "ENTITY"}
ACTIONS = {1: "DESCRIBE", 5: "READ_ONLINE"}


def enum(names: dict[int, str]) -> Any:
    return SimpleNamespace(values_by_number={number: SimpleNamespace(name=name) for number, name in names.items()})


def policy(kind: str | None, **fields: Any) -> Any:
    return SimpleNamespace(WhichOneof=lambda name: kind, **({kind: SimpleNamespace(**fields)} if kind else {}))


def permission(**changed: Any) -> Any:
    """As Feast's message has it: recsys may see and read user_statistics."""
    fields: dict[str, Any] = {
        "types": [1],
        "actions": [1, 5],
        "name_patterns": ["user_statistics"],
        "required_tags": {},
        "policy": policy("role_based_policy", roles=["team-recsys"]),
        **changed,
    }
    described = SimpleNamespace(enum_types_by_name={"Type": enum(TYPES), "AuthzedAction": enum(ACTIONS)})
    return SimpleNamespace(spec=SimpleNamespace(DESCRIPTOR=described, **fields))


def may(team: str, *permissions: Any, name: str = "user_statistics", action: str = "READ_ONLINE", **tags: str) -> bool:
    sight = Sight(team, "team_search", [grants.grant(one) for one in permissions])
    return sight.may("FEATURE_VIEW", name, action, tags)


def test_without_a_permission_nobody_but_the_owner_sees_anything() -> None:
    assert not may("team_recsys")
    assert may("team_search")


def test_a_permission_lets_in_whom_it_names() -> None:
    assert may("team_recsys", permission())
    assert not may("team_ads", permission())


@pytest.mark.parametrize(
    "changed",
    [
        {"types": []},
        {"types": [2]},
        {"types": [99]},
        {"actions": []},
        {"actions": [1]},
        {"name_patterns": ["user_statistic"]},
        {"name_patterns": ["item.*"]},
        {"name_patterns": ["(user|item)_statistics"]},
        {"name_patterns": ["user_statistics|"]},
        {"required_tags": {"shared": "yes"}},
        {"policy": policy(None)},
        {"policy": policy("role_based_policy", roles=[])},
        {"policy": policy("role_based_policy", roles=["team-recsys2", "recsys", "TEAM-RECSYS"])},
        {"policy": policy("some_new_policy", people=["team-recsys"])},
    ],
)
def test_what_it_does_not_say_is_not_allowed(changed: dict[str, Any]) -> None:
    assert not may("team_recsys", permission(**changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"name_patterns": []},
        {"name_patterns": ["user.*"]},
        {"name_patterns": [".*"]},
        {"policy": policy("group_based_policy", groups=["team-recsys"])},
        {"policy": policy("namespace_based_policy", namespaces=["team_recsys"])},
        {"policy": policy("combined_group_namespace_policy", groups=[], namespaces=["team-recsys"])},
    ],
)
def test_what_it_does_say_is(changed: dict[str, Any]) -> None:
    assert may("team_recsys", permission(**changed))


def test_one_that_names_another_team_takes_nothing_away() -> None:
    other = permission(policy=policy("role_based_policy", roles=["team-ads"]))
    assert may("team_recsys", other, permission())


def test_tags_have_to_be_there() -> None:
    asked = permission(required_tags={"shared": "yes"})
    assert may("team_recsys", asked, shared="yes", more="x")
    assert not may("team_recsys", asked, shared="no")


def test_a_pattern_that_could_take_for_ever_matches_nothing() -> None:
    assert not grants.matches("(a+)+$", "a" * 40 + "b")
    assert not grants.matches("a" * 200, "a" * 200)


def test_a_team_is_its_project() -> None:
    assert grants.project_of("team-a-b") == "team_a_b"
    assert Grant(frozenset(), frozenset(), frozenset(), (), ()).allows("", "", "", "", {}) is False
