from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from local.problem import Problem
from mlp import config, state, teams
from mlp.target import Target
from tests.unit.mlp.conftest import Stands


def test_specs_and_state_say_which_teams_there_are(checkout: Path, stands: Stands) -> None:
    assert teams.known() == ["recsys", "search"]
    assert teams.standing() == []
    stands("local-team-ads", addresses={})
    stands("local-platform")
    assert teams.standing() == ["ads"]
    assert teams.known() == ["ads", "recsys", "search"]


def test_up_means_the_first_team_and_those_that_stand(checkout: Path, stands: Stands) -> None:
    assert teams.wanted() == ["search"]
    stands("local-team-recsys")
    assert teams.wanted() == ["recsys", "search"]
    teams.spec_of("search").unlink()
    assert teams.wanted() == ["recsys"]


def test_a_team_without_a_spec_is_no_reason_to_fail(checkout: Path, stands: Stands) -> None:
    stands("local-team-ads")
    assert teams.wanted() == ["search"]
    assert teams.orphans() == ["ads"]


def test_a_stack_that_was_only_opened_does_not_stand(checkout: Path, stands: Stands) -> None:
    stands("local-team-ads")
    path = state.path_of("local-team-ads")
    path.write_text('{"version": 3, "checkpoint": {"latest": {"resources": []}}}')
    assert teams.standing() == []


def test_stacks_stand_in_their_order(checkout: Path, stands: Stands) -> None:
    for stack in ("local-team-ads", "local-platform", "local-foundation", "aws-platform"):
        stands(stack)
    assert config.standing() == ["local-foundation", "local-platform", "local-team-ads"]


@pytest.mark.parametrize("name", ["a", "Ads", "ads-", "-ads", "1ads", "a_b", "a" * 31, "a b", "", "../x"])
def test_names_that_no_team_has(name: str) -> None:
    with pytest.raises(Problem, match="can't be a team's name") as caught:
        teams.checked(name)
    assert "2 to 30 of a-z, 0-9 and '-'" in caught.value.fix


def test_a_slip_of_the_pen_is_understood(checkout: Path) -> None:
    with pytest.raises(Problem, match="there is no team 'serch'") as caught:
        teams.require("serch")
    assert caught.value.fix == "did you mean search? teams are: recsys, search"
    with pytest.raises(Problem) as caught:
        teams.require("zzz", among=[])
    assert caught.value.fix == "there is no team yet: `mlp team add NAME`"


def test_a_team_that_is_not_up_says_how(checkout: Path, stands: Stands) -> None:
    with pytest.raises(Problem, match="team recsys isn't up") as caught:
        teams.require_up("recsys")
    assert caught.value.fix == "bring it up: `mlp team add recsys`"
    stands("local-team-recsys", addresses={"airflow": "http://airflow-recsys.localhost:8080"})
    assert teams.require_up("recsys").outputs["addresses"]["airflow"].endswith(":8080")


def test_a_stack_is_open_if_its_config_is_of_this_home_and_cluster(checkout: Path, stands: Stands) -> None:
    assert not config.is_open("local-team-ads", Target())
    stands("local-team-ads")
    assert not config.is_open("local-team-ads", Target())
    path = state.path_of("local-team-ads")
    content = json.loads(path.read_text())
    content["checkpoint"]["latest"]["secrets_providers"] = {"type": "passphrase", "state": {"salt": "v1:here"}}
    path.write_text(json.dumps(content))
    assert not config.is_open("local-team-ads", Target())
    written = {"encryptionsalt": "v1:here", "config": {config.ROOT_SECRET: {"secure": "v1:x"}}}
    config.path_of("local-team-ads").write_text(yaml.safe_dump(written))
    assert config.is_open("local-team-ads", Target())
    assert not config.is_open("local-team-ads", Target("mine", "registry"))
    config.path_of("local-team-ads").write_text(yaml.safe_dump({**written, "encryptionsalt": "v1:elsewhere"}))
    assert not config.is_open("local-team-ads", Target())


def test_each_team_has_a_root_secret_of_its_own(own_folders: Path) -> None:
    (own_folders / "home").mkdir()
    (own_folders / "home" / "root-secret").write_text("the-root\n")
    assert config.root_secret("local-platform") == "the-root"
    found = {config.root_secret(f"local-team-{name}") for name in ("search", "recsys")}
    assert len(found | {"the-root"}) == 3
    assert all(re.fullmatch(r"[\w-]{43}", one) for one in found)
