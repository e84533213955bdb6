"""The commands of Jobs."""

from __future__ import annotations

import ast
import inspect
import re

import pytest

from images.tenancy.tenancy import __main__ as program
from tests.doubles.http_tool import serving
from tests.doubles.postgres import ADMIN, PASSWORD, Postgres
from tests.doubles.tenancy_tools import GatewayDouble, MlflowDouble

SECRET = "the-secret-of-the-role"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "SECONDS", 0)


def run(monkeypatch: pytest.MonkeyPatch, job: str, **environment: str) -> int:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return program.main([job])


def database(monkeypatch: pytest.MonkeyPatch) -> int:
    server = {"PGHOST": "h", "PGPORT": "5432", "PGSSLMODE": "disable", "PGUSER": ADMIN, "PGPASSWORD": PASSWORD}
    return run(monkeypatch, "database", **server, ROLE="mlflow", ROLE_PASSWORD=SECRET)


def test_a_role_and_its_database(monkeypatch: pytest.MonkeyPatch, postgres: Postgres) -> None:
    assert database(monkeypatch) == 0
    assert postgres.databases["mlflow"].owner == "mlflow"


def test_what_a_tool_says_no_to_is_one_line(
    monkeypatch: pytest.MonkeyPatch, postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    postgres.down = True
    assert database(monkeypatch) == 1
    assert capsys.readouterr().err == "PostgreSQL at h:5432 isn't there: connection refused\n"


def test_a_bucket_and_its_account(monkeypatch: pytest.MonkeyPatch) -> None:
    double = GatewayDouble()
    with serving(double) as (endpoint, _):
        root = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "root", "AWS_SECRET_ACCESS_KEY": "root's"}
        given = run(monkeypatch, "object-store", ENDPOINT=endpoint, **root, BUCKET="mlflow", ACCOUNT_SECRET_KEY=SECRET)
    assert given == 0
    assert (double.buckets, double.accounts) == ({"mlflow": "mlflow"}, {"mlflow": SECRET})


def test_a_workspace_and_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    double = MlflowDouble()
    with serving(double) as (uri, _):
        admin = {"MLFLOW_TRACKING_URI": uri, "ADMIN_USERNAME": "admin", "ADMIN_PASSWORD": "admin's"}
        assert run(monkeypatch, "tracking", **admin, WORKSPACE="examples", USER_PASSWORD=SECRET) == 0
    assert double.users == {"examples": SECRET}


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["database", "tracking"]])
def test_wrong_use_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(arguments) == 2
    assert capsys.readouterr().err.startswith("usage: ")


def test_it_says_what_it_reads_from_the_environment() -> None:
    tree = ast.parse(inspect.getsource(program))
    documentation = ast.get_docstring(tree) or ""
    read = set(re.findall(r'env\["(\w+)"\]', inspect.getsource(program)))
    assert read, "it reads something"
    assert all(name in documentation for name in read)
