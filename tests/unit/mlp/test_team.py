from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.problem import Problem
from mlp import (
    bring_down,
    bring_up,
    checks,
    config,
    environment,
    example_dag,
    health,
    registry_check,
    room,
    team_add,
    team_remove,
    team_stacks,
    teams,
)
from mlp.health import Service
from mlp.target import Target
from tests.doubles.api_server import ApiServer
from tests.doubles.stacks import Stacks
from tests.unit.mlp.conftest import Stands
from tests.unit.mlp.test_main import run

WHERE = Target("double", "127.0.0.1:9")
Answering = Callable[..., None]


@pytest.fixture
def stacks(checkout: Path, stands: Stands, monkeypatch: pytest.MonkeyPatch) -> Stacks:
    """A platform that stands, on a cluster that answers."""
    made = Stacks(stands)
    monkeypatch.setattr(config, "open_stack", made.open)
    monkeypatch.setattr(config, "find_release", lambda: None)
    monkeypatch.setattr(config, "require_secrets", lambda: None)
    monkeypatch.setattr(environment, "enter", dict)
    monkeypatch.setattr(registry_check, "require", lambda release, where: None)
    monkeypatch.setattr(
        health, "_service", lambda tool, address, team: Service(f"{tool}-{team}", address, True, "HTTP 200", team)
    )
    stands("local-foundation", contract={"kube_context": "double"})
    stands("local-platform", platform={}, addresses={"mlflow": "http://mlflow.localhost:8080"})
    for team in ("search", "recsys", "ads"):
        made.outputs[f"local-team-{team}"] = outputs(team)
    return made


def outputs(team: str) -> dict[str, Any]:
    opens = {"namespace": f"team-{team}", "secret": "airflow-keys", "user_key": "u", "password_key": "p"}
    return {"addresses": {"airflow": f"http://airflow-{team}.localhost:8080"}, "credentials": {"airflow": opens}}


def tenant(api: ApiServer, team: str, policy: str) -> str:
    path = f"/apis/mlplatform.dev/v1/namespaces/team-{team}/tenants/team-{team}"
    api.reply("GET", path, {"spec": {"onRemoval": policy}})
    api.reply("PATCH", path, {})
    return path


def test_add_writes_specs_and_brings_up_side_by_side(
    stacks: Stacks, api: ApiServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stacks.together = threading.Barrier(2)
    assert run(monkeypatch, "team", "add", "ads", "recsys", "--yes") == 0
    assert sorted(stacks.done) == [("up", "local-team-ads"), ("up", "local-team-recsys")]
    said = capsys.readouterr()
    assert "stacks/local-team-ads.yaml: written" in said.err
    assert "stacks/local-team-recsys.yaml: is there" in said.err
    assert "ads: + of local-team-ads" in said.err, "each line says whose it is"
    assert [line.split() for line in said.out.splitlines()[1:]] == [
        [
            "airflow",
            "of",
            team,
            f"http://airflow-{team}.localhost:8080",
            *f"mlp credentials airflow --team {team}".split(),
        ]
        for team in ("ads", "recsys")
    ]
    assert run(monkeypatch, "team", "add", "ads", "recsys", "--yes") == 0, "again, it changes what changed"


def test_new_teams_need_a_place(
    stacks: Stacks, api: ApiServer, stands: Stands, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(room, "require", lambda names, where: asked.append(list(names)))
    stands("local-team-search", **outputs("search"))
    team_stacks.up(["search", "recsys"], WHERE, yes=True)
    assert asked == [["recsys"]], "what stands has one"


def test_add_asks_first(stacks: Stacks, api: ApiServer) -> None:
    with pytest.raises(Problem, match="Make team ads"):
        team_add.run(["ads"], yes=False)
    assert not teams.spec_of("ads").exists()
    assert stacks.done == []


def test_add_needs_a_platform(stacks: Stacks, stands: Stands) -> None:
    stands("local-platform", addresses={})
    with pytest.raises(Problem, match="stack local-platform isn't up, and teams stand on it"):
        team_add.run(["ads"], yes=True)


def test_add_needs_a_cluster_that_answers(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "of_cluster", lambda where: health.Cluster("embedded", "stopped"))
    with pytest.raises(Problem, match="the embedded cluster is stopped"):
        team_add.run(["ads"], yes=True)
    assert not teams.spec_of("ads").exists()


def test_only_specs(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "team", "add", "ads", "--spec-only") == 0
    assert teams.spec_of("ads").exists()
    assert stacks.done == []


def test_dry_run_writes_nothing(
    stacks: Stacks, api: ApiServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("mlp.dry.stack", lambda name, where: print(f"preview of {name}"))
    assert run(monkeypatch, "team", "add", "ads", "recsys", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "its spec would be written" in said
    assert "preview of local-team-recsys" in said
    assert "nothing was changed" in said
    assert not teams.spec_of("ads").exists()


def test_a_wrong_name_stops_all(stacks: Stacks, api: ApiServer) -> None:
    with pytest.raises(Problem, match="'Ads' can't be a team's name"):
        team_add.run(["fine", "Ads"], yes=True)
    assert not teams.spec_of("fine").exists()


def test_one_failure_leaves_the_others_up(stacks: Stacks, capsys: pytest.CaptureFixture[str]) -> None:
    stacks.failing = {"local-team-ads"}
    with pytest.raises(Problem, match="stack local-team-ads isn't up"):
        team_stacks.up(["ads", "recsys", "search"], WHERE, yes=True)
    assert teams.standing() == ["recsys", "search"]
    stacks.failing = {"local-team-ads", "local-team-search"}
    with pytest.raises(Problem, match="2 of 2 teams aren't up: ads, search"):
        team_stacks.up(["ads", "search"], WHERE, yes=True)
    assert "error: stack local-team-search isn't up" in capsys.readouterr().err


def test_without_yes_only_what_changes_is_asked_about(stacks: Stacks) -> None:
    stacks.changes = {"same": 40}
    assert team_stacks.up(["search"], WHERE, yes=False) == {}
    stacks.changes = {"update": 1}
    with pytest.raises(Problem, match="Apply this to local-team-search"):
        team_stacks.up(["search"], WHERE, yes=False)
    assert stacks.done == []


def test_up_brings_teams_up_and_shows_the_example(
    stacks: Stacks, api: ApiServer, stands: Stands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stands("local-team-recsys", **outputs("recsys"))
    stands("local-team-ads", **outputs("ads"))
    monkeypatch.setattr(checks, "findings", lambda where: [])
    monkeypatch.setattr(example_dag, "push", lambda where: stacks.done.append(("example", "")))
    bring_up.run(["teams"], yes=True)
    assert sorted(stacks.done[:2]) == [("up", "local-team-recsys"), ("up", "local-team-search")]
    assert stacks.done[2:] == [("example", "")]
    said = capsys.readouterr()
    assert "warning: team ads stands, and its spec stacks/local-team-ads.yaml is gone" in said.err
    assert all(tool in said.out for tool in ("mlflow", "airflow of recsys", "airflow of search", "airflow of ads"))


def test_status_knows_teams(stacks: Stacks, api: ApiServer, stands: Stands, monkeypatch: pytest.MonkeyPatch) -> None:
    stands("local-team-ads", **outputs("ads"))
    monkeypatch.setattr(health, "_example", lambda where, found: {"status": "missing"})
    found = health.check(WHERE)
    assert [stack.name for stack in found.stacks] == ["local-foundation", "local-platform", "local-team-ads"]
    assert [(service.name, service.team) for service in found.services][-1] == ("airflow-ads", "ads")


def test_remove_says_what_stays_and_asks(
    stacks: Stacks, api: ApiServer, stands: Stands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stands("local-team-search", **outputs("search"))
    tenant(api, "search", "Keep")
    assert run(monkeypatch, "team", "remove", "search") == 1
    said = capsys.readouterr().err
    assert "goes:  namespace team-search with Airflow" in said
    assert "stays: database team-search, bucket team-search" in said
    assert "stays: its spec stacks/local-team-search.yaml" in said
    assert "there is no terminal to ask on" in said
    assert stacks.done == []


def test_remove_keeps_data_and_forgets_the_stack(stacks: Stacks, api: ApiServer, stands: Stands) -> None:
    stands("local-team-search", **outputs("search"))
    tenant(api, "search", "Keep")
    config.path_of("local-team-search").write_text("config: {}\n")
    team_remove.run(["search"], purge=False, yes=True)
    assert stacks.done == [("destroy", "local-team-search"), ("remove", "local-team-search")]
    assert not api.of("PATCH")
    assert not config.path_of("local-team-search").exists()
    assert teams.spec_of("search").exists()


def test_purge_is_decided_on_the_cluster_first(
    stacks: Stacks, api: ApiServer, stands: Stands, capsys: pytest.CaptureFixture[str]
) -> None:
    stands("local-team-search", **outputs("search"))
    path = tenant(api, "search", "Keep")
    stacks.failing = {"local-team-search"}
    with pytest.raises(Problem, match="isn't destroy"):
        team_remove.run(["search"], purge=True, yes=True)
    assert [(asked.path, asked.body) for asked in api.of("PATCH")] == [(path, {"spec": {"onRemoval": "Purge"}})]
    said = capsys.readouterr().err
    assert "goes:  database team-search" in said
    assert "stays: database" not in said
    assert config.exists("local-team-search"), "what failed goes on with the same command"


def test_a_team_whose_spec_says_purge_loses_its_data(
    stacks: Stacks, api: ApiServer, stands: Stands, capsys: pytest.CaptureFixture[str]
) -> None:
    stands("local-team-search", **outputs("search"))
    tenant(api, "search", "Purge")
    team_remove.run(["search"], purge=False, yes=True)
    assert "goes:  database team-search" in capsys.readouterr().err


def test_a_killed_removal_goes_on_where_the_tenant_is_gone(stacks: Stacks, api: ApiServer, stands: Stands) -> None:
    stands("local-team-search", **outputs("search"))
    team_remove.run(["search"], purge=True, yes=True)
    assert not config.exists("local-team-search")


def test_remove_of_what_is_not_up_changes_no_cluster(
    stacks: Stacks, api: ApiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    team_remove.run(["recsys"], purge=True, yes=True)
    assert stacks.done == []
    assert "nothing on the cluster: it isn't up" in capsys.readouterr().err
    with pytest.raises(Problem, match="there is no team 'nobody'"):
        team_remove.run(["nobody"], purge=False, yes=True)


def test_down_on_another_cluster_takes_teams_first(
    stacks: Stacks, api: ApiServer, stands: Stands, capsys: pytest.CaptureFixture[str]
) -> None:
    for team in ("search", "recsys"):
        stands(f"local-team-{team}", **outputs(team))
    bring_down.run(yes=True)
    assert {name for _, name in stacks.done[:2]} == {"local-team-recsys", "local-team-search"}
    assert stacks.done[2:] == [("destroy", "local-platform"), ("destroy", "local-foundation")]


def test_a_team_that_stays_keeps_the_platform(stacks: Stacks, api: ApiServer, stands: Stands) -> None:
    stands("local-team-search", **outputs("search"))
    stacks.failing = {"local-team-search"}
    with pytest.raises(Problem, match="local-team-search isn't destroy"):
        bring_down.run(yes=True)
    assert config.exists("local-platform")


def test_purge_is_refused_while_teams_stand_elsewhere(stacks: Stacks, api: ApiServer) -> None:
    with pytest.raises(Problem, match="stacks stand on the cluster double"):
        bring_down.purge(yes=True)


def test_list(
    stacks: Stacks, api: ApiServer, stands: Stands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stands("local-team-search", **outputs("search"))
    pods = [{"metadata": {"name": str(number)}, "status": {"phase": phase}} for number, phase in enumerate(PHASES)]
    api.reply("GET", "/api/v1/namespaces/team-search/pods", {"items": pods})
    status = {
        "hard": {"requests.cpu": "4", "pods": "40", "limits.memory": "8Gi"},
        "used": {"requests.cpu": "110m", "pods": "2"},
    }
    api.reply("GET", "/api/v1/namespaces/team-search/resourcequotas", {"items": [{"status": status}]})
    assert run(monkeypatch, "team", "list") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == ["recsys", "missing", "-", "-", "-", "-"]
    address = "http://airflow-search.localhost:8080"
    assert lines[2] == ["search", "up", "answers", address, "2", "cpu", "110m/4,", "pods", "2/40"]
    assert run(monkeypatch, "team", "list", "--json") == 0
    found = {one["team"]: one for one in json.loads(capsys.readouterr().out)}
    assert set(found["search"]) == {"team", "stack", "status", "answers", "detail", "address", "pods", "quota"}
    assert found["search"]["quota"]["limits.memory"] == {"used": "0", "hard": "8Gi"}
    assert found["recsys"]["pods"] is None


PHASES = ("Running", "Pending", "Succeeded", "Failed")


def test_list_where_the_cluster_is_silent(
    stacks: Stacks, stands: Stands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stands("local-team-search", **outputs("search"))
    assert run(monkeypatch, "team", "list") == 0
    assert capsys.readouterr().out.splitlines()[2].split()[:3] == ["search", "up", "answers"]


def test_credentials_of_a_team(
    stacks: Stacks, api: ApiServer, stands: Stands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stands("local-team-search", **outputs("search"))
    data = {key: base64.b64encode(value).decode() for key, value in (("u", b"admin"), ("p", b"secret"))}
    api.reply("GET", "/api/v1/namespaces/team-search/secrets/airflow-keys", {"data": data})
    assert run(monkeypatch, "credentials", "airflow", "--team", "search", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"user": "admin", "password": "secret"}
    assert run(monkeypatch, "credentials", "airflow", "--team", "recsys") == 1
    assert "team recsys isn't up" in capsys.readouterr().err
