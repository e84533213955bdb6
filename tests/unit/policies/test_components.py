"""Our components keep to every rule, as they are shipped and with everything switched on that a spec can switch on."""

from __future__ import annotations

from functools import cache

import pytest

from components.platform import PlatformSpec
from components.team import TeamSpec
from policies.resource import Resource
from tests.support.rules import faults
from tests.unit.components import stacks
from tests.unit.components.recorded import plain

FOREIGN = f"registry.example.com/tool@sha256:{'ab' * 32}"


def everything_of_a_platform() -> PlatformSpec:
    shipped = stacks.platform_spec().model_dump(mode="json")
    shipped["monitoring"] |= {
        "pushgateway": True,
        "grafana": {"image": FOREIGN},
        "cluster_state": {"image": FOREIGN},
        "alerts": {"webhook": "https://hooks.example.com/alerts"},
    }
    shipped["notebooks"]["profiles"].append(
        {"name": "gpu", "title": "GPU", "image": "notebook-small", "gpu": 1, "pool": "default"}
    )
    return PlatformSpec.model_validate(shipped)


def everything_of_a_team() -> TeamSpec:
    shipped = stacks.team_spec().model_dump(mode="json")
    shipped["tuning"] |= {"dashboard": True}
    shipped["alerts"] = {"webhook": "https://hooks.example.com/search"}
    shipped["models"][0] |= {"gpu": 1}
    return TeamSpec.model_validate(shipped)


STACKS = {
    "foundation": stacks.foundation,
    "platform": stacks.platform,
    "team": stacks.team,
    "platform with everything": lambda: stacks.platform(everything_of_a_platform()),
    "team with everything": lambda: stacks.team(everything_of_a_team()),
}


@cache
def recorded(name: str) -> list[Resource]:
    """Once a stack: each recording takes a second."""
    return [Resource(one.type, one.name, plain(one.inputs)) for one in STACKS[name]()]


@pytest.mark.parametrize("name", STACKS)
def test_it_keeps_to_every_rule(name: str) -> None:
    assert faults(recorded(name)) == {}


def test_everything_is_more_than_what_is_shipped() -> None:
    names = {one.title for one in recorded("platform with everything")}
    assert {"Deployment grafana", "Deployment pushgateway"} <= names
    assert len(recorded("team with everything")) > len(recorded("team"))
