from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from local import paths
from local.problem import Problem
from mlp import main
from mlp.commands import env, status
from mlp.credentials import find, of_person
from mlp.health import Cluster, Health, Service, StackHealth
from tests.unit.mlp.conftest import Stands

COMMANDS = (
    "up",
    "down",
    "purge",
    "status",
    "doctor",
    "images",
    "env",
    "credentials",
    "preview",
    "policy",
    "team",
    "dag",
    "airflow",
)
GROUPS = (
    *(("team", name) for name in ("add", "clone", "remove", "list")),
    *(("dag", name) for name in ("push", "list", "run", "backfill")),
    *(("airflow", name) for name in ("logs", "restart")),
)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["mlp", *arguments])
    with pytest.raises(SystemExit) as caught:
        main.run()
    return int(caught.value.code or 0)


def failing_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("mlp.target.current", fail)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    assert run(monkeypatch, command, "--help") == 0


@pytest.mark.parametrize("command", GROUPS)
def test_every_command_of_a_group_has_help(monkeypatch: pytest.MonkeyPatch, command: tuple[str, str]) -> None:
    assert run(monkeypatch, *command, "--help") == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("up", "--nonsense"),
        ("up", "cellar"),
        ("credentials",),
        ("env", "moon"),
        ("team", "add"),
        ("team", "clone", "search"),
        ("dag", "push", "folder"),
        ("airflow", "restart"),
        ("airflow", "logs", "--team", "search", "--component", "moon"),
        ("airflow", "logs", "--team", "search", "--run", "r"),
    ],
)
def test_wrong_usage_is_two(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    assert run(monkeypatch, *arguments) == 2


def test_a_problem_is_told_with_its_fix(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing_with(monkeypatch, Problem("the moon is full", "wait"))
    assert run(monkeypatch, "doctor") == 1
    assert capsys.readouterr().err == "error: the moon is full\n  fix: wait\n"


def test_a_defect_is_one_line_and_a_log(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing_with(monkeypatch, KeyError("unheard of"))
    assert run(monkeypatch, "doctor") == 1
    said = capsys.readouterr().err
    assert said.startswith("error: KeyError: 'unheard of'\n  fix: this is a defect in mlp; the details are in ")
    assert "Traceback" not in said
    log = Path(said.strip().rpartition(" ")[2])
    assert "Traceback" in log.read_text()
    assert not paths.home().exists(), "a command that changes nothing made the home"
    log.unlink()


def test_the_log_of_a_defect_lies_in_an_existing_home(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths.home().mkdir()
    failing_with(monkeypatch, KeyError("unheard of"))
    run(monkeypatch, "doctor")
    log = Path(capsys.readouterr().err.strip().rpartition(" ")[2])
    assert log.parent == paths.home() / "logs"
    assert log.stat().st_mode & 0o777 == 0o600


def test_an_interrupt_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing_with(monkeypatch, KeyboardInterrupt())
    assert run(monkeypatch, "doctor") == 130
    assert "the same command goes on from there" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_defect() -> None:
    fail = "import mlp.target\ndef fail(): raise BrokenPipeError\nmlp.target.current = fail\n"
    code = f"{fail}from mlp.main import run\nrun()"
    done = subprocess.run([sys.executable, "-c", code, "doctor"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def on_a_terminal(environment: dict[str, str]) -> str:
    """What `mlp up` with a lone MLP_REGISTRY prints on a terminal."""
    leader, follower = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", "from mlp.main import run; run()", "doctor"],
        env={**os.environ, "TERM": "xterm", "MLP_REGISTRY": "r", **environment},
        stderr=follower,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    os.close(follower)
    try:
        return os.read(leader, 65536).decode()
    finally:
        os.close(leader)


def test_errors_are_red_on_a_terminal_unless_unwanted() -> None:
    assert "\x1b[31merror:\x1b[0m" in on_a_terminal({"NO_COLOR": ""})
    assert "\x1b" not in on_a_terminal({"NO_COLOR": "1"})


def test_exports_survive_any_shell() -> None:
    wanted = {"A": "plain", "PATH": "/a b:/c'd", "X": '$(touch x) "`\\'}
    script = env.exports(wanted) + '\nprintf "%s\\n" "$A" "$PATH" "$X"'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [wanted["A"], wanted["PATH"], wanted["X"]]
    assert [shlex.split(line)[0] for line in env.exports(wanted).splitlines()] == ["export"] * 3


CREDENTIALS = {"mlflow": {"namespace": "n", "secret": "s", "user_key": "u", "password_key": "p"}}


def test_unknown_tool_lists_those_that_exist() -> None:
    assert find(CREDENTIALS, "mlflow", "local-platform") == CREDENTIALS["mlflow"]
    with pytest.raises(Problem) as caught:
        find(CREDENTIALS, "grafana", "local-platform")
    assert caught.value.fix == "name one of: mlflow"
    with pytest.raises(Problem, match="stack local-platform isn't up"):
        find(None, "mlflow", "local-platform")


def test_a_tool_of_teams_is_pointed_to(stands: Stands) -> None:
    for team in ("ads", "search"):
        stands(f"local-team-{team}", credentials={"airflow": {}})
    with pytest.raises(Problem) as caught:
        find(CREDENTIALS, "airflow", "local-platform")
    assert caught.value.fix == "it is a team's: add `--team ads` (teams are: ads, search)"


PEOPLE = {"namespace": "n", "secret": "s", "people": "ada,grace"}


def test_where_each_person_has_a_password_one_has_to_be_named() -> None:
    assert of_person(PEOPLE, "notebooks", "grace") == "grace"
    assert of_person(CREDENTIALS["mlflow"], "mlflow", "") == ""
    for reference, user, fix in (
        (PEOPLE, "", "add `--user` with one of: ada, grace"),
        (PEOPLE, "alan", "add `--user` with one of: ada, grace"),
        (CREDENTIALS["mlflow"], "ada", "leave `--user` away"),
    ):
        with pytest.raises(Problem) as caught:
            of_person(reference, "a tool", user)
        assert caught.value.fix == fix


WELL = Health(
    Cluster("embedded", "running"),
    [StackHealth("local-platform", "up", "2026-11-22T02:55:26.193840878Z", 33)],
    [Service("mlflow", "http://mlflow.localhost:8080", True, "HTTP 200")],
    {"job": "j", "status": "succeeded", "result": None},
)


def test_status_as_json_keeps_its_form() -> None:
    found = json.loads(json.dumps(WELL.as_dict()))
    assert found["healthy"] is True
    assert set(found) == {"healthy", "cluster", "stacks", "services", "example"}
    assert set(found["cluster"]) == {"kind", "status", "reasons"}
    assert set(found["stacks"][0]) == {"name", "status", "updated", "resources"}
    assert set(found["services"][0]) == {"name", "address", "answers", "detail", "team"}


@pytest.mark.parametrize(
    "ill",
    [
        Health(Cluster("embedded", "stopped"), WELL.stacks, WELL.services, WELL.example),
        Health(WELL.cluster, [StackHealth("s", "interrupted", "", 3)], WELL.services, WELL.example),
        Health(WELL.cluster, WELL.stacks, [Service("a", "http://a", False, "refused")], WELL.example),
        Health(WELL.cluster, WELL.stacks, WELL.services, {"status": "failed"}),
    ],
)
def test_what_ails_makes_it_unhealthy(
    ill: Health, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not ill.healthy
    monkeypatch.setattr("mlp.health.check", lambda where: ill)
    assert run(monkeypatch, "status", "--json") == 3
    assert json.loads(capsys.readouterr().out)["healthy"] is False


def test_status_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = status.text(WELL).splitlines()
    assert lines[2].split() == ["stack", "local-platform", "up", "33", "resources,", "updated", "2026-11-22T02:55:26"]
    monkeypatch.setattr("mlp.health.check", lambda where: WELL)
    assert run(monkeypatch, "status") == 0
