from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.problem import Problem
from mlp import features, target
from tests.doubles.api_server import ApiServer
from tests.doubles.http_tool import serving
from tests.unit.mlp.conftest import Stands

KEY = "k" * 43
VIEW = {"name": "users", "features": ["n"], "entities": ["user"], "readable": True, "shared": [], "materialized": None}
SEEN = {"team": "team_search", "projects": [{"project": "team_search", "own": True, "views": [VIEW], "services": []}]}


@pytest.fixture
def asked(api: ApiServer, stands: Stands) -> Iterator[list[tuple[str, str, str, str]]]:
    """Method, path, body and authorization of what the feature server is asked."""
    found: list[tuple[str, str, str, str]] = []

    def answer(method: str, path: str, body: str) -> tuple[int, str]:
        found.append((method, path, body, ""))
        if method == "PUT":
            views = json.loads(body)["views"]
            if "nothing" in views:
                return 400, json.dumps({"error": "there is no feature view nothing: it has users"})
            return 200, json.dumps({"views": views})
        return 200, json.dumps(SEEN)

    with serving(answer) as (address, requests):
        where = {"namespace": "team-search", "secret": "feature-keys", "user_key": "U", "password_key": "K"}
        stands("local-team-search", addresses={"features": address}, credentials={"features": where})
        data = {"U": "team_search", "K": KEY}
        values = {name: base64.b64encode(value.encode()).decode() for name, value in data.items()}
        api.reply("GET", "/api/v1/namespaces/team-search/secrets/feature-keys", {"data": values})
        yield found
        assert {request.headers["authorization"] for request in requests} == {f"Bearer {KEY}"}


def test_a_team_sees_what_the_registry_lets_it(asked: object) -> None:
    assert features.visible("search", target.current()) == SEEN
    assert features.view("users", "search", target.current())["project"] == "team_search"
    assert features.view("team_search:users", "search", target.current())["name"] == "users"
    for name in ("items", "team_recsys:users"):
        with pytest.raises(Problem, match="there is no feature view"):
            features.view(name, "search", target.current())


def test_views_are_shared_and_taken_back(asked: list[tuple[str, str, str, str]]) -> None:
    assert features.share(["users"], "recsys", "search", target.current()) == ["users"]
    assert features.share([], "recsys", "search", target.current()) == []
    assert [(method, path, json.loads(body)) for method, path, body, _ in asked] == [
        ("PUT", "/shared/team-recsys", {"views": ["users"]}),
        ("PUT", "/shared/team-recsys", {"views": []}),
    ]


def test_a_refusal_is_in_words(asked: object) -> None:
    with pytest.raises(Problem, match="there is no feature view nothing: it has users"):
        features.share(["nothing"], "recsys", "search", target.current())


def test_a_team_without_a_feature_store_is_told_how_to_get_one(api: ApiServer, stands: Stands) -> None:
    stands("local-team-search", addresses={})
    with pytest.raises(Problem) as said:
        features.visible("search", target.current())
    assert "has no feature store" in said.value.what and "features: {}" in said.value.fix


def test_a_folder_has_to_have_definitions(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no Python file"):
        features._files(tmp_path)
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "data.csv").write_text("1\n")
    assert features._files(tmp_path) == {"a.py": "x = 1\n"}
    (tmp_path / "big.py").write_text("#" * 1_000_000)
    with pytest.raises(Problem, match="more than"):
        features._files(tmp_path)
