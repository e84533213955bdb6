from __future__ import annotations

from typing import Any

import pytest

from local.problem import Problem
from mlp import dags, main, target, task_logs, team_airflow
from mlp.airflow import Airflow
from tests.doubles.airflow import PASSWORD, USER, AirflowDouble
from tests.unit.mlp.test_main import run


@pytest.fixture
def client(double: AirflowDouble, monkeypatch: pytest.MonkeyPatch) -> Airflow:
    """Of team search, which commands reach too."""
    double.dag("daily", "project/dag.py", "0123456789abcdef")
    made = Airflow(double.address, USER, PASSWORD, 5)
    monkeypatch.setattr(team_airflow, "of", lambda team, where: made)
    monkeypatch.setattr(target, "current", target.Target)
    return made


def task(name: str, state: str | None, run_id: str = "r1", **more: Any) -> dict[str, Any]:
    return {
        "dag_run_id": run_id,
        "task_id": name,
        "map_index": -1,
        "state": state,
        "try_number": 1,
        "start_date": None,
        "duration": None,
        **more,
    }


def ends(double: AirflowDouble, state: str, *tasks: dict[str, Any]) -> None:
    """The run that is started ends at the third look at it."""
    looks = 0

    def advance() -> None:
        nonlocal looks
        if double.runs:
            double.tasks = [{**one, "dag_run_id": double.runs[-1]["dag_run_id"]} for one in tasks]
            looks += 1
            if looks > 3:
                double.runs[-1]["state"] = state

    double.advance = advance


def test_list(client: Airflow, double: AirflowDouble, capsys: pytest.CaptureFixture[str]) -> None:
    double.dag("broken", "b/x.py", "0123456789abcdef", has_import_errors=True, timetable_summary=None)
    double.dag("asleep", "a/x.py", "0123456789abcdef", is_paused=True)
    main.app(["dag", "list", "--team", "search"], standalone_mode=False)
    assert [line.split()[:5] for line in capsys.readouterr().out.splitlines()[1:]] == [
        ["asleep", "paused", "@daily", "01234567", "a/x.py"],
        ["broken", "broken", "by", "hand", "01234567"],
        ["daily", "active", "@daily", "01234567", "project/dag.py"],
    ]


def test_a_run_is_started_and_not_waited_for(
    client: Airflow, double: AirflowDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "dag", "run", "daily", "--team", "search", "--conf", '{"days": 3}') == 0
    assert double.runs[0]["conf"] == {"days": 3}
    assert double.runs[0]["logical_date"] is None
    assert f"{double.address}/dags/daily" in capsys.readouterr().err


def test_a_run_that_succeeds_is_shown(
    client: Airflow, double: AirflowDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ends(double, "success", task("b", "success", start_date="2", duration=2.25), task("a", "success", start_date="1"))
    arguments = ("dag", "run", "daily", "-t", "search", "--wait", "--logical-date", "2026-11-20")
    assert run(monkeypatch, *arguments) == 0
    assert double.runs[0]["logical_date"] == "2026-11-20T00:00:00+00:00"
    said = capsys.readouterr()
    assert "b success" in said.err
    assert [line.split() for line in said.out.splitlines()[1:]] == [
        ["a", "success", "1", "-"],
        ["b", "success", "1", "2.2"],
    ]


def test_a_run_that_fails_is_exit_code_one(
    client: Airflow, double: AirflowDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ends(double, "failed", task("a", "failed"))
    assert run(monkeypatch, "dag", "run", "daily", "-t", "search", "--wait") == 1
    assert "fix: see why: mlp airflow logs --team search --dag daily --run manual__" in capsys.readouterr().err


def test_a_date_runs_once(client: Airflow) -> None:
    dags.start(client, "daily", {}, "2026-11-20T00:00:00+00:00")
    with pytest.raises(Problem, match="daily has a run for 2026-11-20T00:00:00\\+00:00 already"):
        dags.start(client, "daily", {}, "2026-11-20T00:00:00+00:00")


def test_an_unknown_dag_lists_those_that_exist(client: Airflow) -> None:
    with pytest.raises(Problem, match="there is no DAG 'dayly'") as caught:
        dags.start(client, "dayly", {}, None)
    assert caught.value.fix == "DAGs are: daily"


def test_a_paused_dag_is_woken(client: Airflow, double: AirflowDouble, capsys: pytest.CaptureFixture[str]) -> None:
    double.dags[0]["is_paused"] = True
    dags.start(client, "daily", {}, None)
    assert not double.dags[0]["is_paused"]
    assert "daily was paused" in capsys.readouterr().err


@pytest.mark.parametrize("conf", ["{", "[1]", "3"])
def test_conf_is_a_mapping(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], conf: str) -> None:
    assert run(monkeypatch, "dag", "run", "daily", "-t", "search", "--conf", conf) == 1
    assert "--conf" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-20", "2026-11-20T00:00:00+00:00"),
        ("2026-11-20T06:00", "2026-11-20T06:00:00+00:00"),
        ("2026-11-20T06:00:00+02:00", "2026-11-20T06:00:00+02:00"),
    ],
)
def test_dates_are_utc_unless_they_say_otherwise(text: str, found: str) -> None:
    assert dags.moment(text) == found
    with pytest.raises(Problem, match="'soon' is no date"):
        dags.moment("soon")


def test_a_backfill_is_watched_to_its_end(
    client: Airflow, double: AirflowDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states = iter(["queued", "running", "running", "success"])

    def advance() -> None:
        if double.backfills and (now := next(states, None)):
            double.runs = [{"dag_id": "daily", "dag_run_id": f"b{day}", "state": now} for day in (1, 2)]
            if now == "success":
                double.backfills[0]["completed_at"] = "2026-11-23T00:00:00Z"

    double.advance = advance
    arguments = ("dag", "backfill", "daily", "-t", "search", "--from", "2026-11-01", "--to", "2026-11-02", "--wait")
    assert run(monkeypatch, *arguments, "--again", "failed") == 0
    asked = double.backfills[0]
    assert (asked["from_date"], asked["to_date"]) == ("2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00")
    assert (asked["max_active_runs"], asked["reprocess_behavior"]) == (2, "failed")
    assert "2 success" in capsys.readouterr().err


def test_logs_of_the_latest_run(
    client: Airflow, double: AirflowDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    double.runs = [{"dag_id": "daily", "dag_run_id": f"r{number}", "state": "failed"} for number in (0, 1)]
    double.tasks = [task("a", "failed", start_date="1"), task("b", None, try_number=0)]
    double.logs["/dags/daily/dagRuns/r1/taskInstances/a/logs/1"] = [
        {"event": "::group::Pre Execute"},
        {"timestamp": "2026-11-23T10:11:12Z", "level": "info", "event": "begins"},
        {"event": "failed", "level": "error", "error_detail": [{"exc_type": "ValueError", "exc_value": "no"}]},
    ]
    assert run(monkeypatch, "airflow", "logs", "-t", "search", "--dag", "daily") == 0
    assert capsys.readouterr().out.splitlines() == [
        "daily r1 a: failed, try 1",
        "  10:11:12 info begins",
        "  error failed",
        "    ValueError: no",
        "daily r1 b: waiting, try 0",
    ]
    with pytest.raises(Problem, match="run r1 of daily has no task 'c'") as caught:
        list(task_logs.read(client, "daily", "r1", "c"))
    assert caught.value.fix == "its tasks are: a, b"


def test_a_dag_that_never_ran_has_no_logs(client: Airflow) -> None:
    with pytest.raises(Problem, match="daily hasn't run yet"):
        list(task_logs.read(client, "daily", None, None))
