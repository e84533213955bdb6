from __future__ import annotations

import pytest

from local.problem import Problem
from mlp import airflow
from mlp.airflow import Airflow, Refused
from tests.doubles.airflow import PASSWORD, USER, AirflowDouble


def client(double: AirflowDouble, password: str = PASSWORD, patience: float = 0) -> Airflow:
    return Airflow(double.address, USER, password, patience)


def test_signs_in_once_and_asks(double: AirflowDouble) -> None:
    double.dag("daily", "project/dag.py", "abc")
    one = client(double)
    assert one.get("/dags/daily")["bundle_version"] == "abc"
    assert one.get("/dags/daily")
    assert [path for _, path, _ in double.asked].count("/auth/token") == 1


def test_names_below_localhost_need_no_resolver(double: AirflowDouble) -> None:
    assert client(double).answers() == ""
    assert double.hosts == {double.address.removeprefix("http://")}


def test_a_token_that_ran_out_is_replaced(double: AirflowDouble) -> None:
    double.dag("daily", "project/dag.py", "abc")
    one = client(double)
    one.get("/dags")
    double.token = "token-2"
    assert one.get("/dags")["total_entries"] == 1


def test_a_wrong_password_is_said_without_it(double: AirflowDouble) -> None:
    with pytest.raises(Refused, match="401 to the sign-in of admin: Invalid user") as caught:
        client(double, password="wrong-one").get("/dags")
    assert "wrong-one" not in str(caught.value)


def test_a_refusal_has_status_and_reason(double: AirflowDouble) -> None:
    with pytest.raises(Refused, match="`other` was not found") as caught:
        client(double).get("/dags/other")
    assert caught.value.status == 404


def test_it_waits_while_airflow_starts(double: AirflowDouble) -> None:
    double.silent_for = 3
    assert client(double, patience=20).get("/dags")["dags"] == []


def test_without_patience_silence_is_a_problem(double: AirflowDouble) -> None:
    double.silent_for = 1
    with pytest.raises(Problem, match=r"doesn't answer: HTTP 503"):
        client(double).get("/dags")
    with pytest.raises(Problem, match="doesn't answer"):
        Airflow("http://127.0.0.1:9", USER, PASSWORD).get("/dags")


def test_a_missing_route_is_silence_and_a_missing_thing_is_not(double: AirflowDouble) -> None:
    assert Airflow(f"{double.address}/nowhere", USER, PASSWORD).answers() == "HTTP 404"
    assert client(double).answers() == ""


def test_every_page_is_read(double: AirflowDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow, "PAGE", 2)
    for number in range(5):
        double.dag(f"dag-{number}", "p/d.py", "abc")
    assert len(list(client(double).pages("/dags", "dags"))) == 5


def test_a_run_is_made_once(double: AirflowDouble) -> None:
    double.dag("daily", "project/dag.py", "abc")
    body = {"dag_run_id": "manual__2026-11-23T10:00:00+00:00", "logical_date": None, "conf": {}}
    one = client(double)
    one.post("/dags/daily/dagRuns", body)
    with pytest.raises(Refused) as caught:
        one.post("/dags/daily/dagRuns", body)
    assert caught.value.status == 409
    assert one.get(airflow.path("dags", "daily", "dagRuns", body["dag_run_id"]))["state"] == "queued"


def test_parts_of_a_path_are_quoted() -> None:
    assert airflow.path("dags", "a/b", "x+y:z") == "/dags/a%2Fb/x%2By%3Az"
