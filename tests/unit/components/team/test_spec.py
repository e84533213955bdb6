from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from components.team import TeamSpec
from tests.unit.components import stacks


def spec(**fields: Any) -> TeamSpec:
    return TeamSpec.model_validate({**stacks.team_spec().model_dump(), **fields})


def test_a_short_spec_is_enough() -> None:
    quota = {"cpu": "4", "memory": "8Gi", "pods": 40, "storage": "10Gi"}
    short = TeamSpec.model_validate(
        {"kind": "team", "name": "search", "platform": "local-platform", "images": "local", "quota": quota}
    )
    assert short == stacks.team_spec()


@pytest.mark.parametrize("name", ["ab", "search", "a1-b2", "x" * 30])
def test_names_become_ids(name: str) -> None:
    assert spec(name=name).id == f"team-{name}"


@pytest.mark.parametrize("name", ["a", "x" * 31, "a-", "-a", "1a", "A", "a_b", "a.b", "", "\u0430b", "a\n"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="use 2 to 30 of a-z"):
        spec(name=name)


@pytest.mark.parametrize(
    ("quota", "fix"),
    [
        ({"cpu": "209m"}, "raise cpu to 210m or more"),
        ({"cpu": "0.2"}, "raise cpu to 210m or more"),
        ({"memory": "2111Mi"}, "raise memory to 2112Mi or more"),
        ({"memory": "2G"}, "raise memory to 2112Mi or more"),
    ],
)
def test_a_quota_that_airflow_does_not_fit_in_is_refused(quota: dict[str, str], fix: str) -> None:
    with pytest.raises(ValidationError, match=fix):
        spec(quota={**stacks.team_spec().quota.model_dump(), **quota})


@pytest.mark.parametrize("quota", [{"cpu": "210m", "memory": "2112Mi"}, {"cpu": "0.21", "memory": "3G", "pods": 2}])
def test_one_that_it_just_fits_in_will_do(quota: dict[str, object]) -> None:
    spec(quota={**stacks.team_spec().quota.model_dump(), **quota})


@pytest.mark.parametrize("parallelism", [0, 101, "8", 1.5, True])
def test_parallelism_is_a_number_that_a_small_team_can_mean(parallelism: object) -> None:
    with pytest.raises(ValidationError):
        spec(airflow={"parallelism": parallelism})
