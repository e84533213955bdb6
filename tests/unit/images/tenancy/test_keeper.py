"""What happens to a Tenant, from its object to all four tools and back to its status."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from images.tenancy.tenancy.care import Care
from images.tenancy.tenancy.cluster import Cluster
from images.tenancy.tenancy.keeper import NOTHING, Keeper
from images.tenancy.tenancy.settings import Settings
from tests.doubles.api_server import ApiServer
from tests.doubles.http_tool import serving
from tests.doubles.postgres import ADMIN, PASSWORD, Postgres
from tests.doubles.tenancy_tools import FeaturesDouble, GatewayDouble, GitDouble, MlflowDouble

NAME = "team-search"
KEYS = {
    "database-password": "database secret",
    "object-store-secret-key": "store secret",
    "tracking-password": "tracking secret",
    "repository-password": "repository secret",
    "check-key": "check secret",
    "features-key": "features secret",
}
TENANT = f"/apis/mlplatform.dev/v1/namespaces/{NAME}/tenants/{NAME}"
SECRET = f"/api/v1/namespaces/{NAME}/secrets/tenant-keys"
TOOLS = ("DatabaseReady", "ObjectStoreReady", "TrackingReady", "RepositoryReady", "FeaturesReady")


def secret(values: dict[str, str]) -> dict[str, Any]:
    return {"data": {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}}


def body(**more: Any) -> dict[str, Any]:
    spec = {
        "secretName": "tenant-keys",
        "rotation": 1,
        "database": {"template": "airflow-0123456789ab"},
        "repository": {"checkUrl": f"http://airflow.{NAME}:8794/check"},
        "features": True,
        **more,
    }
    return {"metadata": {"name": NAME, "namespace": NAME, "uid": "u1", "generation": 1}, "spec": spec}


@dataclass
class World:
    """A cluster with the four tools in it, and the controller's keeper."""

    keeper: Keeper
    api: ApiServer
    postgres: Postgres
    gateway: GatewayDouble
    mlflow: MlflowDouble
    git: GitDouble
    features: FeaturesDouble

    def keys(self, values: dict[str, str]) -> None:
        """What the team's Secret holds from now on."""
        self.api.reply("GET", SECRET, secret(values))


@pytest.fixture
def world(postgres: Postgres, tmp_path: Path) -> Iterator[World]:
    """All tools there, and nothing given yet."""
    (tmp_path / "token").write_text("token of the pod\n")
    gateway, mlflow, git, features = GatewayDouble(), MlflowDouble(), GitDouble(), FeaturesDouble()
    with ExitStack() as stack:
        api = stack.enter_context(ApiServer())
        endpoint, _ = stack.enter_context(serving(gateway))
        tracking, _ = stack.enter_context(serving(mlflow))
        repositories, _ = stack.enter_context(serving(git))
        registry, _ = stack.enter_context(serving(features))
        settings = Settings.read(
            {
                "GROUP": "mlplatform.dev",
                "DATABASE_HOST": "postgres.test",
                "DATABASE_PORT": "5432",
                "DATABASE_TLS": "false",
                "DATABASE_ADMIN": "mlp-foundation/postgres-admin:username:password",
                "OBJECT_STORE_ENDPOINT": endpoint,
                "OBJECT_STORE_REGION": "us-east-1",
                "OBJECT_STORE_ADMIN": "mlp-foundation/object-store-admin:username:password",
                "TRACKING_URI": tracking,
                "TRACKING_ADMIN": "mlp-platform/mlflow-admin:username:password",
                "REPOSITORIES_URI": repositories,
                "REPOSITORIES_ADMIN": "mlp-platform/git-admin:username:password",
                "FEATURES_URI": registry,
                "FEATURES_ADMIN": "mlp-platform/features-admin:username:password",
            }
        )
        admins = {
            "mlp-foundation/secrets/postgres-admin": PASSWORD,
            "mlp-foundation/secrets/object-store-admin": "root secret",
            "mlp-platform/secrets/mlflow-admin": "mlflow secret",
            "mlp-platform/secrets/git-admin": "git secret",
            "mlp-platform/secrets/features-admin": "features admin",
        }
        for path, password in admins.items():
            found = secret({"username": ADMIN, "password": password})
            api.reply("GET", f"/api/v1/namespaces/{path}", found)
        api_server = f"http://127.0.0.1:{api._server.server_port}"
        keeper = Keeper(Care(settings, Cluster(api_server, "mlplatform.dev", tmp_path)))
        yield World(keeper, api, postgres, gateway, mlflow, git, features)


def states(news: Any) -> dict[str, tuple[str, str]]:
    return {one["type"]: (one["status"], one["reason"]) for one in news["conditions"]}


def test_a_tenant_gets_its_part_of_each_tool(world: World) -> None:
    world.keys(KEYS)
    report = world.keeper.give(body())
    assert report.left == ""
    assert report.news["rotation"] == 1
    assert states(report.news) == dict.fromkeys(("Ready", *TOOLS), ("True", "Given"))
    assert world.postgres.databases[NAME].owners == {NAME}
    assert world.gateway.accounts == {NAME: "store secret"}
    assert world.mlflow.users == {NAME: "tracking secret"}
    assert world.features.keys == {NAME: "features secret"}
    assert world.git.users[NAME]["check"] == {"url": f"http://airflow.{NAME}:8794/check", "key": "check secret"}
    assert {asked.headers["Authorization"] for asked in world.api.asked} == {"Bearer token of the pod"}


def test_nothing_new_is_not_told_again(world: World) -> None:
    world.keys(KEYS)
    first = world.keeper.give(body())
    assert world.keeper.give({**body(), "status": first.news}) == NOTHING


def test_one_tool_that_is_down_is_not_the_trouble_of_the_others(world: World) -> None:
    world.keys(KEYS)
    world.postgres.down = True
    report = world.keeper.give(body())
    assert report.left.startswith("DatabaseReady: PostgreSQL at postgres.test:5432 isn't there")
    assert "rotation" not in report.news
    expected = dict.fromkeys(TOOLS, ("True", "Given")) | dict.fromkeys(
        ("Ready", "DatabaseReady"), ("False", "Unreachable")
    )
    assert states(report.news) == expected
    world.postgres.down = False
    again = world.keeper.give({**body(), "status": report.news})
    assert (again.left, again.news["rotation"]) == ("", 1)


def test_a_secret_that_is_not_there_yet_is_named(world: World) -> None:
    report = world.keeper.give(body())
    assert states(report.news) == dict.fromkeys(("Ready", *TOOLS), ("False", "SecretMissing"))
    assert "Secret team-search/tenant-keys isn't there" in report.left


def test_a_secret_that_may_not_be_read_is_said(world: World) -> None:
    world.api.fail("GET", SECRET, 403, "Forbidden", "no")
    assert states(world.keeper.give(body()).news)["Ready"] == ("False", "NotPermitted")


def test_a_key_that_is_missing_is_named(world: World) -> None:
    world.keys({key: value for key, value in KEYS.items() if key != "tracking-password"})
    report = world.keeper.give(body())
    assert report.left == "TrackingReady: Secret team-search/tenant-keys has no key tracking-password"
    assert states(report.news)["TrackingReady"] == ("False", "KeyMissing")


def test_what_a_team_may_not_ask_for_is_refused(world: World) -> None:
    world.keys(KEYS)
    asked = body(database={"template": "mlflow"}, repository={"checkUrl": "http://mlflow.mlp-platform:5000/"})
    found = states(world.keeper.give(asked).news)
    assert found["DatabaseReady"] == ("False", "TemplateNotAllowed")
    assert found["RepositoryReady"] == ("False", "CheckNotAllowed")
    assert NAME not in world.postgres.databases
    assert not world.git.users


def test_a_name_of_somebody_else_gets_nothing_and_takes_nothing(world: World) -> None:
    found = body()
    found["metadata"]["name"] = "mlflow"
    report = world.keeper.give(found)
    assert (states(report.news), report.left) == ({"Ready": ("False", "NameNotAllowed")}, "")
    assert world.keeper.take(found) == NOTHING
    assert world.keeper.mend(found) == NOTHING
    assert not world.postgres.statements
    assert not world.api.asked


def test_a_removal_ends_access_and_keeps_data_without_the_secret(world: World) -> None:
    world.keys(KEYS)
    world.keeper.give(body())
    world.postgres.sessions = [NAME]
    asked = len(world.api.asked)
    report = world.keeper.take(body())
    assert report.left == ""
    assert SECRET not in [request.path for request in world.api.asked[asked:]], "it may be gone by then"
    assert states(report.news) == {"Ready": ("False", "Removed"), **dict.fromkeys(TOOLS, ("False", "AccessEnded"))}
    assert (world.gateway.accounts, world.mlflow.users, world.git.users) == ({}, {}, {})
    assert world.postgres.sessions == []
    assert not world.postgres.roles[NAME].login
    assert NAME in world.postgres.databases
    assert world.gateway.buckets == {NAME: ADMIN}
    assert NAME in world.mlflow.workspaces
    assert world.git.repositories == {NAME}


def test_a_removal_goes_on_until_all_is_done(world: World) -> None:
    world.keys(KEYS)
    world.keeper.give(body())
    world.postgres.down = True
    report = world.keeper.take(body())
    assert report.left.startswith("DatabaseReady")
    assert states(report.news)["DatabaseReady"] == ("False", "Unreachable")
    assert states(report.news)["TrackingReady"] == ("False", "AccessEnded")
    world.postgres.down = False
    assert world.keeper.take(body()).left == ""


def test_a_tenant_that_comes_again_finds_what_was_kept(world: World) -> None:
    world.keys(KEYS)
    world.keeper.give(body())
    world.postgres.databases[NAME].owners.add("kept")
    world.keeper.take(body())
    assert world.keeper.give(body()).left == ""
    assert "kept" in world.postgres.databases[NAME].owners
    assert world.gateway.buckets == {NAME: NAME}


def test_the_look_in_between_puts_right_what_somebody_changed(world: World) -> None:
    world.keys(KEYS)
    world.keeper.give(body())
    del world.gateway.accounts[NAME], world.git.users[NAME]
    world.api.reply("GET", TENANT, body())
    assert world.keeper.mend(body()).left == ""
    assert (set(world.gateway.accounts), set(world.git.users)) == ({NAME}, {NAME})


@pytest.mark.parametrize("now", ["gone", "going", "another"])
def test_the_look_in_between_gives_nothing_to_one_that_goes(world: World, now: str) -> None:
    world.keys(KEYS)
    found = body()
    if now == "going":
        found["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    if now == "another":
        found["metadata"]["uid"] = "u2"
    if now != "gone":
        world.api.reply("GET", TENANT, found)
    assert world.keeper.mend(body()) == NOTHING
    assert NAME not in world.postgres.roles


def test_a_look_waits_for_a_removal_and_then_does_nothing(world: World) -> None:
    world.keys(KEYS)
    world.keeper.give(body())
    world.api.fail("GET", TENANT, 404, "NotFound", "gone")
    looking = threading.Thread(target=lambda: world.keeper.mend(body()))
    with world.keeper.locks[NAME]:
        looking.start()
        world.keeper.care.take(world_tenant())
    looking.join(10)
    assert world.mlflow.users == {}


def world_tenant() -> Any:
    from images.tenancy.tenancy.tenant import Tenant

    return Tenant.of(body())


def test_five_at_once(world: World) -> None:
    names = [f"team-x{n}" for n in range(5)]
    left: list[str] = []

    def one(name: str) -> None:
        world.api.reply("GET", f"/api/v1/namespaces/{name}/secrets/tenant-keys", secret(KEYS))
        found = body(repository={})
        found["metadata"] |= {"name": name, "namespace": name}
        left.append(world.keeper.give(found).left)

    running = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(20)
    assert left == [""] * 5
    assert set(names) <= set(world.postgres.databases)


def test_what_fails_in_the_controller_is_told_without_its_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("with the tracking secret in it")

    monkeypatch.setattr("images.tenancy.tenancy.tracking.Mlflow.give", broken)
    world.keys(KEYS)
    report = world.keeper.give(body())
    assert states(report.news)["TrackingReady"] == ("False", "Failed")
    assert "RuntimeError at " in report.left
    assert "secret in it" not in report.left


def test_no_secret_is_told_whatever_a_tool_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GitDouble, "__call__", lambda self, method, path, text: (400, text))
    world.keys(KEYS)
    report = world.keeper.give(body())
    assert states(report.news)["RepositoryReady"] == ("False", "Refused")
    assert not [value for value in KEYS.values() if value in str(report)]
