from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from local.problem import Problem
from mlp import config, specs, team_spec, teams


def test_a_new_spec_has_the_shipped_form(checkout: Path) -> None:
    assert team_spec.ensure("ads")
    assert not team_spec.ensure("ads"), "the second time it is there"
    text = teams.spec_of("ads").read_text()
    assert text.startswith("# yaml-language-server: $schema=")
    assert "# The team ads." in text
    assert "search" not in text
    assert len(text.splitlines()) <= 20
    assert specs.team("ads").name == "ads"
    assert specs.team("ads").quota == specs.team("search").quota
    assert specs.team("search").models
    assert not specs.team("ads").models


def test_a_wrong_spec_is_told_with_its_place(checkout: Path) -> None:
    spec = teams.spec_of("ads")
    spec.write_text(teams.spec_of("search").read_text().replace("rotation: 1", "rotation: none"))
    with pytest.raises(Problem, match=r"local-team-ads\.yaml:\d+: rotation is 'none'"):
        team_spec.ensure("ads")


def test_without_the_shipped_spec_there_is_no_form(checkout: Path) -> None:
    teams.spec_of("search").unlink()
    with pytest.raises(Problem, match=r"stacks/local-team-search\.yaml is gone"):
        team_spec.ensure("ads")


def test_a_clone_keeps_plain_config_and_drops_secrets(checkout: Path) -> None:
    teams.spec_of("search").write_text(
        teams.spec_of("search").read_text().replace("parallelism: 8", "parallelism: 3 # enough for the team search")
    )
    config.path_of("local-team-search").write_text(
        yaml.safe_dump(
            {
                "encryptionsalt": "v1:salt",
                "config": {
                    "mlplatform:rootSecret": {"secure": "v1:cipher"},
                    "mlplatform:images": "2026.11",
                    "mlplatform:kubeContext": "mine",
                    "other:nested": {"a": 1, "b": {"secure": "v1:deep"}, "c": [{"secure": "v1:deeper"}, "plain"]},
                },
            }
        )
    )
    kept = team_spec.clone("search", "ads")
    assert specs.team("ads").airflow.parallelism == 3
    written = config.path_of("local-team-ads").read_text()
    assert yaml.safe_load(written) == {
        "config": {"mlplatform:images": "2026.11", "other:nested": {"a": 1, "c": ["plain"]}}
    }
    assert "v1:" not in written
    assert set(kept) == {"mlplatform:images", "other:nested"}
    assert "v1:salt" in config.path_of("local-team-search").read_text(), "the original keeps its own"


def test_a_clone_without_config_writes_none(checkout: Path) -> None:
    team_spec.clone("search", "ads")
    assert not config.path_of("local-team-ads").exists()


def test_a_clone_replaces_nothing(checkout: Path) -> None:
    with pytest.raises(Problem, match=r"local-team-recsys\.yaml is there already") as caught:
        team_spec.clone("search", "recsys")
    assert "mlp team add recsys" in caught.value.fix
    with pytest.raises(Problem, match="there is no team 'serch'"):
        team_spec.clone("serch", "ads")
    with pytest.raises(Problem, match="can't be a team's name"):
        team_spec.clone("search", "Ads")


def test_only_the_name_changes() -> None:
    source = "# The team a. Not team a-b.\nkind: team\nname: a\nairflow: {}\n"
    assert team_spec.text(source, "a", "b") == "# The team b. Not team a-b.\nkind: team\nname: b\nairflow: {}\n"
