"""What `sweeps.run` asks of Airflow, and a task's whole work with Optuna's real storage (SQLite, no MLflow)."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from components.team import network
from components.team.names import TUNING_KEYS
from images.airflow.mlplatform_airflow import sweeps
from images.catalog import FOLDER
from images.tuning import mlplatform_tuning as tuning
from images.tuning.mlplatform_tuning import claims, heartbeat, objective, problem, runner, settings, storage, work
from tests.unit.images.tuning.worker import Files

COMMIT = "0123456789abcdef"
BOTH = ("tuning", "airflow-worker")
MODULES = (claims, heartbeat, objective, problem, runner, settings, storage, work)


class FailError(Exception):
    """In place of Airflow's."""


class Made:
    """In place of a decorated function: notes how it was called."""

    def __init__(self, options: dict[str, Any], function: Callable[..., Any], made: list[dict[str, Any]]) -> None:
        self.noted: dict[str, Any] = {"function": function, **options}
        made.append(self.noted)

    def __call__(self, *given: Any) -> str:
        self.noted["given"] = given
        return f"value of {self.noted['task_id']}"

    def partial(self, **same: Any) -> Made:
        self.noted["same"] = same
        return self

    def expand(self, **each: Any) -> None:
        self.noted["each"] = each


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The tasks that a DAG made. Airflow and the image's other package are what they are in the worker's image."""
    made: list[dict[str, Any]] = []

    def task(**options: Any) -> Callable[[Callable[..., Any]], Made]:
        return lambda function: Made(options, function, made)

    bundle = SimpleNamespace(version=COMMIT)
    sdk = ModuleType("airflow.sdk")
    vars(sdk).update(
        task=task,
        get_parsing_context=lambda: SimpleNamespace(task_id=None),
        get_current_context=lambda: {"ti": SimpleNamespace(bundle_instance=bundle)},
    )
    errors = ModuleType("airflow.sdk.exceptions")
    vars(errors).update(AirflowFailException=FailError)
    for name, module in (("airflow", ModuleType("airflow")), ("airflow.sdk", sdk), (errors.__name__, errors)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "mlplatform_tuning", tuning)
    for module in MODULES:
        monkeypatch.setitem(sys.modules, module.__name__.removeprefix("images.tuning."), module)
    return made


def test_one_task_has_the_value_and_the_other_workers_run_beside_it(tasks: list[dict[str, Any]]) -> None:
    found = sweeps.run("mix {{ ds }}", objective="a.b:c", trials=40, workers=4, task_id="tune", pruner="median")
    assert found == "value of tune"
    first, others = tasks
    assert [one["function"] for one in tasks] == [sweeps.work] * 2
    (told,) = first["given"]
    assert (told["name"], told["trials"], told["pruner"]) == ("mix {{ ds }}", 40, "median")
    assert others["task_id"] == "tune_workers"
    assert others["same"] == {"settings": told}
    assert others["each"] == {"number": [2, 3, 4]}
    for one in tasks:
        assert (one["retries"], one["retry_delay"]) == (sweeps.RETRIES, timedelta(seconds=sweeps.RETRY_SECONDS))


def test_a_worker_alone_has_nobody_beside_it(tasks: list[dict[str, Any]]) -> None:
    sweeps.run("mix", objective="a.b:c", trials=1, workers=1)
    assert [one["task_id"] for one in tasks] == ["sweep"]
    with pytest.raises(ValueError, match="workers is 0"):
        sweeps.run("mix", objective="a.b:c", trials=1, workers=0)


def test_its_pod_may_reach_the_database_and_is_told_where_trials_are(tasks: list[dict[str, Any]]) -> None:
    made = sweeps.pod("200m", "2Gi")["pod_override"]
    assert made.metadata.labels == network.TUNES
    (container,) = made.spec.containers
    assert container.resources.requests == {"cpu": "200m", "memory": "2Gi"}
    assert container.resources.limits == {"memory": "2Gi"}
    (place,) = [one.value_from.secret_key_ref for one in container.env if one.value_from]
    assert (place.name, place.key) == (TUNING_KEYS, "storage-url")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("mix", r"mix"),
        ("mix-2026-11-29", r"mix-2026-11-29"),
        ("mix manual__2026-11-29T19:00:00+00:00", r"mix-manual-2026-11-29t19-00-00-[0-9a-f]{8}"),
        ("Mix", r"mix-[0-9a-f]{8}"),
        ("ä", r"[0-9a-f]{8}"),
        ("x" * 41, r"x{31}-[0-9a-f]{8}"),
    ],
)
def test_every_text_becomes_a_name_that_a_sweep_can_have(text: str, wanted: str) -> None:
    found = sweeps.named(text)
    assert re.fullmatch(wanted, found)
    assert settings.parse(json.dumps({"name": found, "objective": "a.b:c", "trials": 1})).name == found


def test_texts_that_look_alike_have_names_of_their_own() -> None:
    assert len({sweeps.named(text) for text in ("a b", "a  b", "A b", "a-b")}) == 4


def given(tmp_path: Path) -> dict[str, Any]:
    return {
        "name": "mix scheduled__1",
        "objective": f"{__name__}:line",
        "trials": "3",
        "direction": "maximize",
        "heartbeat_seconds": 1,
        "grace_seconds": 2,
        "failures": 0,
    }


def line(trial: Any) -> float:
    return float(trial.suggest_float("x", 0, 1))


def wrong(trial: Any) -> float:
    raise RuntimeError("no data")


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the trials were told, in place of MLflow."""
    told: dict[str, str] = {}

    def tracker(sweep: settings.Sweep, environment: dict[str, str]) -> Files:
        told.update(environment)
        return Files(tmp_path / "runs")

    monkeypatch.setattr(work.tracking, "Mlflow", tracker)
    monkeypatch.setenv("STORAGE_URL", f"sqlite:///{tmp_path}/trials.db")
    monkeypatch.delenv("PROJECT", raising=False)
    return told


def test_a_task_runs_trials_until_the_sweep_has_them_and_hands_on_the_best(
    tasks: list[dict[str, Any]], recorded: dict[str, str], tmp_path: Path
) -> None:
    found = sweeps.work(given(tmp_path))
    assert (found["complete"], found["pruned"], found["failed"]) == (3, 0, 0)
    assert found["value"] == found["params"]["x"]
    assert recorded["MLP_CODE_VERSION"] == COMMIT
    # Any worker after that finds it done and hands on the same.
    assert sweeps.work(given(tmp_path), number=2) == found
    # It is passed on as JSON.
    assert json.loads(json.dumps(found)) == found


def test_an_objective_that_fails_fails_the_task_for_good(
    tasks: list[dict[str, Any]], recorded: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(FailError, match="1 trials failed, 0 may; the last one: RuntimeError: no data"):
        sweeps.work({**given(tmp_path), "objective": f"{__name__}:wrong"})


def test_both_images_that_write_trials_have_one_optuna() -> None:
    found = [re.findall(r"^optuna==(\S+)", (FOLDER / name / "requirements.lock").read_text(), re.M) for name in BOTH]
    assert found[0] == found[1]
    assert len(found[0]) == 1
