"""Workspaces and users by MLflow's API."""

from __future__ import annotations

import json

import pytest

from images.tenancy.tenancy.errors import UNREACHABLE, ToolError
from images.tenancy.tenancy.tracking import PERMISSIONS, Mlflow
from tests.doubles.http_tool import serving
from tests.doubles.tenancy_tools import MlflowDouble

NAME = "team-search"


def mlflow(uri: str) -> Mlflow:
    return Mlflow(uri, "admin", "admin's secret")


def permissions(double: MlflowDouble) -> list[tuple[str, str]]:
    found = double.workspaces[NAME]["user"]["permissions"]
    assert {grant["resource_pattern"] for grant in found} == {"*"}
    return [(grant["resource_type"], grant["permission"]) for grant in found]


def test_a_workspace_is_given_any_number_of_times() -> None:
    double = MlflowDouble()
    with serving(double) as (uri, _):
        for _ in range(2):
            mlflow(uri).give(NAME, "secret")
            assert double.users == {NAME: "secret"}
            assert sorted(permissions(double)) == sorted(PERMISSIONS)
            assert double.workspaces[NAME]["user"]["users"] == {NAME}
            assert not double.workspaces[NAME]["admin"]["users"]


def test_a_rotation_sets_the_new_password() -> None:
    double = MlflowDouble()
    with serving(double) as (uri, _):
        mlflow(uri).give(NAME, "secret")
        mlflow(uri).give(NAME, "another")
    assert double.users == {NAME: "another"}


def test_the_end_takes_the_user_and_keeps_the_workspace() -> None:
    double = MlflowDouble()
    with serving(double) as (uri, _):
        mlflow(uri).give(NAME, "secret")
        double.artifacts.add(NAME)
        for _ in range(2):
            mlflow(uri).end(NAME)
        assert double.users == {}
        assert NAME in double.workspaces
        assert double.artifacts == {NAME}
        mlflow(uri).give(NAME, "secret")
    assert double.workspaces[NAME]["user"]["users"] == {NAME}


def test_a_purge_takes_all_of_it_and_nothing_else() -> None:
    double = MlflowDouble()
    double.artifacts |= {NAME, f"{NAME}-b"}
    with serving(double) as (uri, asked):
        for name in (NAME, f"{NAME}-b"):
            mlflow(uri).give(name, "secret")
        for _ in range(2):
            mlflow(uri).purge(NAME)
    assert double.users == {f"{NAME}-b": "secret"}
    assert set(double.workspaces) == {"default", f"{NAME}-b"}
    assert double.artifacts == {f"{NAME}-b"}
    artifacts = next(request for request in asked if "mlflow-artifacts" in request.path)
    assert artifacts.headers["x-mlflow-workspace"] == NAME, "or MLflow would look in another workspace"


def test_what_mlflow_refuses_is_told_without_the_password() -> None:
    refusal = json.dumps({"error_code": "PERMISSION_DENIED", "message": "you may not"})
    with serving(lambda *_: (403, refusal)) as (uri, _), pytest.raises(ToolError) as caught:
        mlflow(uri).give(NAME, "secret")
    assert str(caught.value) == f"MLflow at {uri}: /api/3.0/mlflow/workspaces: 403 you may not"
    assert "admin's secret" not in repr(mlflow(uri))


def test_a_server_that_is_not_there_is_told() -> None:
    with serving(lambda *_: (200, "{}")) as (uri, _):
        pass
    with pytest.raises(ToolError, match=r"MLflow at .* isn't there") as caught:
        mlflow(uri).end(NAME)
    assert caught.value.reason == UNREACHABLE
