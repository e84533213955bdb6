"""Features from definition to answer: right on both sides, for those who may, fresh, and soon."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from secrets import randbelow
from typing import Any

import pytest

from local.node.config import NodeConfig
from mlp import web
from tests.e2e.conftest import Teams
from tests.support import machine
from tests.support.commands import mlp
from tests.support.features import FeatureServer, key_of
from tests.support.pipelines import DAGS, Pipelines
from tests.support.prometheus import Prometheus, guarded
from tests.support.traffic.background import Background
from tests.support.traffic.schedule import constant

DAG, VIEW, OTHER = "shared_features", "e2e_counts", "user_statistics"
FEATURE = f"{VIEW}:count"
FEATURES = [f"{VIEW}:{name}" for name in ("count", "mean", "kind", "last")]
SEED = randbelow(10**6)
"""Each run has customers of its own: what is online of those before stays."""
CUSTOMERS = [SEED * 1000 + number for number in range(40)]
ASKED = {"customer": CUSTOMERS[:3]}
CHECKS = 1000
SECONDS = 120
SOON = 20
"""What is granted or taken away counts within ten seconds, and a request takes some."""
RATE, LOAD_SECONDS, BOUND = 100, 11, 0.02
HOSTILE = """
from feast import Entity, FeatureStore, RepoConfig, ValueType
from feast.errors import FeastPermissionError
from feast.repo_config import load_repo_config
from pathlib import Path
import os

own = load_repo_config(Path("."), Path(os.environ["FEAST_FS_YAML_FILE_PATH"]))
store = FeatureStore(config=own.model_copy(update={"project": "team_search"}))
assert store.list_feature_views() == store.list_entities() == store.list_data_sources() == [], "it sees"
assert "team_search" not in [project.name for project in store.list_projects()], "it sees the project"
for act in (
    lambda: store.apply([Entity(name="evil", join_keys=["evil"], value_type=ValueType.INT64)]),
    lambda: store.delete_feature_view("e2e_counts"),
    lambda: store.registry.delete_project("team_search"),
):
    try:
        act()
    except FeastPermissionError:
        continue
    raise AssertionError("it was let")
e2e_harmless = Entity(name="e2e_harmless", join_keys=["harmless"], value_type=ValueType.INT64)
"""


@pytest.fixture(scope="module")
def pipelines(teams: Teams) -> Pipelines:
    found = Pipelines.of("search", patience=60)
    found.push(DAGS / DAG).must_succeed()
    return found


@dataclass(frozen=True)
class Checked:
    """What the DAG found."""

    found: dict[str, Any]
    seconds: float
    ended: float
    """As time.time()."""


@pytest.fixture(scope="module")
def checked(pipelines: Pipelines) -> Checked:
    mlp("features", "revoke", "--to", "recsys", "--team", "search", seconds=60).must_succeed()
    run = pipelines.run(DAG, SECONDS, seed=SEED)
    assert run.state == "success", pipelines.tasks(DAG, run.id)
    log = pipelines.log(DAG, run.id, "check", "found: {")
    (line,) = [line for line in log.splitlines() if "found: {" in line]
    return Checked(json.loads(line[line.index("{") :]), run.seconds, time.time())


@pytest.fixture(scope="module")
def own(checked: Checked) -> FeatureServer:
    return FeatureServer("search", key_of("search"))


@pytest.fixture(scope="module")
def other(checked: Checked) -> FeatureServer:
    return FeatureServer("search", key_of("recsys"))


def test_training_data_is_as_it_was_then(checked: Checked, say: Callable[[str], None]) -> None:
    found = checked.found
    assert (found["checks"], found["wrong"]) == (CHECKS, 0)
    assert CHECKS / 10 < found["present"] < CHECKS
    say(
        f"point-in-time join: {found['wrong']} of {CHECKS} random checks differ from plain pandas; "
        f"defined, online and joined in {checked.seconds:.0f} s"
    )


def test_what_is_online_is_what_training_would_see_now(checked: Checked) -> None:
    assert checked.found["apart"] == 0
    assert checked.found["online"] > 10
    # Twice is the same, and nothing new is nothing wrong.
    assert checked.found["materialized"] == [[VIEW]] * 3


def test_the_team_finds_and_reads_its_features(own: FeatureServer) -> None:
    listed = json.loads(mlp("features", "list", "--team", "search", "--json", seconds=60).must_succeed().stdout)
    (project,) = [one for one in listed["projects"] if one["own"]]
    (view,) = [one for one in project["views"] if one["name"] == VIEW]
    assert view["features"] == ["count", "mean", "kind", "last"] and view["entities"] == ["customer"]
    assert any(value is not None for value in own.values(FEATURE, {"customer": CUSTOMERS}))


@pytest.mark.parametrize("key", ["", "x", "x" * 43])
def test_nobody_reads_without_a_key(own: FeatureServer, key: str) -> None:
    assert FeatureServer(own.team, key).ask(FEATURES, ASKED).status == 401


def test_another_team_sees_nothing_that_was_not_granted(other: FeatureServer) -> None:
    assert other.ask(FEATURES, ASKED).status == 403
    assert other.post("/get-online-features", {"feature_service": "e2e_service", "entities": ASKED}).status == 403
    assert other.post("/write", {"view": VIEW, "rows": []}).status == 403
    listed = json.loads(mlp("features", "list", "--team", "recsys", "--json", seconds=60).must_succeed().stdout)
    assert [one["project"] for one in listed["projects"] if not one["own"]] == []


@pytest.mark.timeout(180)
def test_another_teams_definitions_are_neither_seen_nor_changed(
    checked: Checked, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "definitions.py").write_text(HOSTILE)
    mlp("features", "apply", str(folder), "--team", "recsys", seconds=150).must_succeed()


def test_what_is_granted_is_reused_until_it_is_taken_back(
    own: FeatureServer, other: FeatureServer, say: Callable[[str], None]
) -> None:
    mlp("features", "grant", VIEW, "--to", "recsys", "--team", "search", seconds=60).must_succeed()
    after = other.wait_for(200, FEATURE, ASKED, SOON)
    assert other.values(FEATURE, ASKED) == own.values(FEATURE, ASKED)
    listed = json.loads(mlp("features", "list", "--team", "recsys", "--json", seconds=60).must_succeed().stdout)
    shared = {one["project"]: [view["name"] for view in one["views"]] for one in listed["projects"] if not one["own"]}
    assert shared == {"team_search": [VIEW]}
    assert other.ask([f"{OTHER}:ratings"], {"user": [1]}).status == 403, "only what was granted"
    mlp("features", "revoke", "--to", "recsys", "--team", "search", seconds=60).must_succeed()
    ended = other.wait_for(403, FEATURE, ASKED, SOON)
    say(f"a view granted to another team: read after {after:.0f} s, refused {ended:.0f} s after it was taken back")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"features": ["x"], "entities": {"customer": [1]}}', b'{"entities": {"customer": [1]}}'],
    ids=str,
)
def test_what_is_no_question_is_told_so(own: FeatureServer, body: bytes) -> None:
    asked = json.loads(body) if body[:1] in (b"[",) or body.endswith(b"}") else body.decode()
    assert own.post("/get-online-features", asked).status == 400


def test_prometheus_knows_how_fresh_they_are(checked: Checked, ingress: str) -> None:
    prometheus = Prometheus(guarded("prometheus", ingress))
    labels = f'team="search",view="{VIEW}"'
    # Two looks of the server at the registry and one of Prometheus at the server.
    name = f"mlplatform_features_fresh_timestamp_seconds{{{labels}}}"
    ((_, fresh),) = prometheus.wait_for(f"{name} > {checked.ended - checked.seconds:.0f}", 45)
    assert fresh <= time.time()
    assert prometheus.value(f"mlplatform_features_stale_after_seconds{{{labels}}}") == 48 * 3600


def test_a_model_is_asked_by_user_with_the_feature_that_it_was_trained_on(own: FeatureServer) -> None:
    """The keyword recommender, which has run since `mlp up` pushed it: its pod asks the feature server itself."""
    own.wait_for(200, f"{OTHER}:history", {"user": [1]}, SECONDS)
    (history,) = own.values(f"{OTHER}:history", {"user": [1]})
    assert len(history) > 1
    by_user, by_history = ({"user": 1}, {"history": history})
    assert predicted(by_user) == predicted(by_history) != predicted({"history": history[:1]})


def predicted(row: dict[str, Any]) -> Any:
    """What the model service says of a row."""
    address = f"http://keywords-search.localhost:{NodeConfig().ingress_port}/predict"
    answer = web.ask("POST", address, {"inputs": [row], "params": {"k": 5}})
    assert answer.status == 200, answer
    return answer.json["outputs"]


def test_reads_are_soon_answered(own: FeatureServer, say: Callable[[str], None]) -> None:
    target = own.target(FEATURES, [{"customer": [customer]} for customer in CUSTOMERS])
    else_busy = machine.wait_for_quiet()
    with Background(target, constant(RATE)) as load:
        load.wait(LOAD_SECONDS)
    traffic = load.traffic
    median, late = traffic.percentile(50, since=1), traffic.percentile(99, since=1)
    say(
        f"features: {RATE} reads a second with auth, by the ingress: {median * 1000:.1f} ms in the middle, 99% within "
        f"{late * 1000:.1f} ms, promised {BOUND * 1000:.0f}; {len(traffic.failures)} of {traffic.asked} failed; "
        f"{else_busy:.2f} core busy before"
    )
    assert not traffic.failures, traffic.statuses
    assert late < BOUND
