from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from images.monitoring.monitoring import routes
from images.monitoring.monitoring.alert_routes import Routes
from images.monitoring.monitoring.cluster import Cluster
from images.monitoring.monitoring.errors import MonitoringError
from tests.unit.images.monitoring.conftest import Api

URL = "http://receiver.example/search"


def team(api: Api, name: str, webhook: str, namespace: str = "", wanted: str = "true") -> None:
    space = namespace or f"team-{name}"
    api.lists.setdefault("/api/v1/namespaces", []).append(
        {"metadata": {"name": space, "labels": {"mlplatform.dev/team": name}}}
    )
    api.objects[f"/api/v1/namespaces/{space}/configmaps/alert-route"] = {
        "metadata": {"labels": {"mlplatform.dev/alert-route": wanted}},
        "data": {"webhook": webhook},
    }


class Alertmanager:
    """What amtool and Alertmanager say."""

    def __init__(self) -> None:
        self.refuses = ""
        self.says = ""
        self.reloads = 0

    def check(self, path: Path) -> str:
        return "bad address" if self.refuses and self.refuses in path.read_text() else ""

    def reload(self) -> str:
        self.reloads += 1
        return self.says


@pytest.fixture
def alertmanager() -> Alertmanager:
    return Alertmanager()


@pytest.fixture
def made(cluster: Cluster, alertmanager: Alertmanager, tmp_path: Path) -> Routes:
    return Routes(
        cluster, tmp_path, "http://platform.example/", alertmanager.check, alertmanager.reload, now=lambda: 17.0
    )


def receivers(made: Routes) -> dict[str, str]:
    """Where alerts of a team go, by its name; the platform's by empty text."""
    config = json.loads(made.path.read_text())
    urls = {one["name"]: one["webhook_configs"][0]["url"] for one in config["receivers"] if "webhook_configs" in one}
    found = {}
    for route in config["route"]["routes"]:
        (matcher,) = route.get("matchers", [""])
        found[matcher.removeprefix('team="').removesuffix('"')] = urls[route["receiver"]]
    return found


def test_alerts_of_a_team_go_to_it_and_all_of_them_to_the_platform(api: Api, made: Routes) -> None:
    team(api, "search", URL)
    team(api, "recsys", "http://receiver.example/recsys")
    made.step()
    assert receivers(made) == {
        "search": URL,
        "recsys": "http://receiver.example/recsys",
        "": "http://platform.example/",
    }
    config = json.loads(made.path.read_text())
    assert all(route.get("continue") for route in config["route"]["routes"][:-1]), "else the platform isn't told"
    assert "mlplatform_alert_routes_seen_timestamp_seconds 17" in made.metrics().splitlines()


def test_a_namespace_that_is_not_the_teams_changes_nothing_for_it(api: Api, made: Routes) -> None:
    team(api, "search", "http://thief.example/", namespace="team-recsys")
    team(api, "ads", URL, wanted="false")
    made.step()
    assert set(receivers(made)) == {""}


def test_who_wants_nothing_or_may_not_be_asked_has_no_route(api: Api, made: Routes) -> None:
    team(api, "search", URL)
    team(api, "recsys", URL)
    del api.objects["/api/v1/namespaces/team-search/configmaps/alert-route"]
    api.forbidden.add("/api/v1/namespaces/team-recsys/configmaps/alert-route")
    made.step()
    assert set(receivers(made)) == {""}


def test_nothing_new_is_no_reload(api: Api, made: Routes, alertmanager: Alertmanager) -> None:
    team(api, "search", URL)
    for _ in range(3):
        made.step()
    assert alertmanager.reloads == 1


@pytest.mark.parametrize(
    "wrong", ["", "ftp://a.example", "http://", "http://a b/", "http://a.example:x/", "http://[::1"]
)
def test_what_is_wrong_with_one_teams_leaves_out_that_one(
    api: Api, made: Routes, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    team(api, "search", URL)
    team(api, "recsys", wrong)
    made.step()
    made.step()
    assert set(receivers(made)) == {"search", ""}
    lines = made.metrics().splitlines()
    assert 'mlplatform_alert_routes_refused{team="recsys"} 1' in lines
    assert 'mlplatform_alert_routes_refused{team="search"} 0' in lines
    assert capsys.readouterr().err.count("team recsys: its webhook isn't right") == 1


def test_so_does_what_amtool_alone_refuses(api: Api, made: Routes, alertmanager: Alertmanager) -> None:
    team(api, "search", URL)
    team(api, "recsys", "http://a{b/")
    alertmanager.refuses = "a{b"
    made.step()
    assert set(receivers(made)) == {"search", ""}
    assert made.refused == {"recsys": "bad address"}


def test_what_alertmanager_does_not_take_is_taken_back(api: Api, made: Routes, alertmanager: Alertmanager) -> None:
    team(api, "search", URL)
    made.step()
    team(api, "recsys", "http://receiver.example/recsys")
    alertmanager.says = "500 no"
    with pytest.raises(MonitoringError, match="last good ones hold: 500 no"):
        made.step()
    assert set(receivers(made)) == {"search", ""}
    alertmanager.says = ""
    made.step()
    assert set(receivers(made)) == {"search", "recsys", ""}


def test_the_last_good_routes_hold_while_the_api_server_is_away(api: Api, made: Routes) -> None:
    team(api, "search", URL)
    made.step()
    api.forbidden.add("/api/v1/namespaces")
    with pytest.raises(MonitoringError):
        made.step()
    assert set(receivers(made)) == {"search", ""}


def test_a_team_that_goes_has_no_route_any_more(api: Api, made: Routes) -> None:
    team(api, "search", URL)
    made.step()
    api.lists["/api/v1/namespaces"] = []
    made.step()
    assert set(receivers(made)) == {""}


def test_without_anybody_to_tell_alerts_are_only_shown() -> None:
    config: dict[str, Any] = routes.config("", {})
    assert config["route"]["receiver"] == "nobody" and config["route"]["routes"] == []
    assert config["receivers"] == [{"name": "nobody"}]
