from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from images.tuning.mlplatform_tuning import objective, runner
from images.tuning.mlplatform_tuning.objective import Project
from images.tuning.mlplatform_tuning.problem import Problem
from images.tuning.mlplatform_tuning.runner import GivenUp, Stopped, Worker
from images.tuning.mlplatform_tuning.settings import Sweep, as_json, parse
from images.tuning.mlplatform_tuning.storage import Storage
from tests.unit.images.tuning.worker import Files

SWEEP = Sweep("runs", "a:b", 5, direction="maximize", heartbeat_seconds=1, grace_seconds=2)
Make = Callable[..., Worker]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setattr(runner, "TRY_SECONDS", 0.0)

    def made(project: Project | Callable[[optuna.Trial], float], sweep: Sweep = SWEEP) -> Worker:
        kept = Storage(f"sqlite:///{tmp_path}/trials.db", sweep.heartbeat_seconds, sweep.grace_seconds)
        found = project if isinstance(project, Project) else Project(project)
        return Worker(kept, sweep, found, Files(tmp_path / "runs"))

    return made


def line(trial: optuna.Trial) -> float:
    return trial.suggest_float("x", 0, 1)


def test_hooks_are_called_once_and_with_the_best(make: Make) -> None:
    called: list[object] = []

    def finish(best: FrozenTrial) -> None:
        called.append(best.value)

    project = Project(line, lambda: called.append("prepared"), finish)
    assert make(project).run().complete == 5
    best = make(project).best()
    assert best is not None
    assert make(project).run().complete == 5
    assert called == ["prepared", best.value, "prepared"]


def test_made_longer_it_goes_on_and_is_finished_again(make: Make) -> None:
    ends: list[float | None] = []
    project = Project(line, None, lambda best: ends.append(best.value))
    make(project).run()
    longer = Sweep(**{**vars(SWEEP), "trials": 8})
    assert make(project, longer).run().complete == 8
    assert len(ends) == 2


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_what_is_no_score_fails_and_too_many_end_the_sweep(make: Make, tmp_path: Path, wrong: float) -> None:
    sweep = Sweep(**{**vars(SWEEP), "failures": 1})
    with pytest.raises(GivenUp, match=r"2 trials failed, 1 may; the last one: the objective gave"):
        make(lambda trial: wrong, sweep).run()
    assert "2 trials failed" in (tmp_path / "runs" / "over").read_text()


def test_an_error_is_told_with_its_trial(make: Make, tmp_path: Path) -> None:
    def breaks(trial: optuna.Trial) -> float:
        if trial.number == 1:
            raise ValueError("no such column")
        return line(trial)

    now = make(breaks).run()
    assert (now.complete, now.failed) == (4, 1)
    run = json.loads((tmp_path / "runs" / "trial-1").read_text())
    assert run["state"] == "FAIL"


def test_stopped_it_leaves_its_trial_to_another(make: Make) -> None:
    def stopped(trial: optuna.Trial) -> float:
        trial.suggest_float("x", 0, 1)
        raise Stopped

    with pytest.raises(Stopped):
        make(stopped).run()
    worker = make(line)
    assert worker.run().complete == 5
    # At once, not after the grace period; and as the same logical trial.
    assert worker.study.trials[1].system_attrs["failed_trial"] == 0


def test_one_that_was_taken_over_is_dropped(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    worker = make(line)

    def slow(trial: optuna.Trial) -> float:
        if trial.number == 0:
            worker.storage.optuna.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        return 0.5

    worker.project = Project(slow)
    assert worker.run().complete == 5
    assert "trial 0 was taken over" in capsys.readouterr().out


def test_a_tool_that_is_away_for_a_moment_ends_nothing(make: Make) -> None:
    tries: list[int] = []

    def prepare() -> None:
        tries.append(1)
        if len(tries) < runner.TRIES:
            raise ConnectionError("away")

    assert make(Project(line, prepare)).run().complete == 5

    def never(best: FrozenTrial) -> None:
        raise RuntimeError("not better than words alone")

    with pytest.raises(GivenUp, match="finish of the objective's module failed: RuntimeError: not better"):
        make(Project(line, None, never)).run()


def test_a_project_is_unpacked_and_imported(tmp_path: Path) -> None:
    source = tmp_path / "tuned_project"
    source.mkdir()
    (source / "__init__.py").touch()
    (source / "tune.py").write_text("def objective(trial): return 3.0\ndef finish(best): pass\n")
    with tarfile.open(tmp_path / "p.tar.gz", "w:gz") as tar:
        tar.add(source, "tuned_project")
    told = {"PROJECT": str(tmp_path / "p.tar.gz")}
    found = objective.load("tuned_project.tune:objective", told)
    assert found.objective(None) == 3.0  # type: ignore[arg-type]  # it doesn't look at it
    assert found.prepare is None and found.finish is not None
    with pytest.raises(Problem, match=r"has no function 'other'; it has: finish, objective"):
        objective.load("tuned_project.tune:other", told)
    with pytest.raises(Problem, match="can't be imported: ModuleNotFoundError"):
        objective.load("nothing_there:f", {})
    with pytest.raises(Problem, match="can't be unpacked"):
        objective.load("a:b", {"PROJECT": str(tmp_path / "missing")})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trials": 0}, "trials is 0; it has to be 1 to 10000"),
        ({"trials": "4"}, "trials is '4'; it has to be a whole number"),
        ({"direction": "up"}, "direction is 'up'; it has to be minimize or maximize"),
        ({"pruner": "grim"}, "pruner is 'grim'"),
        ({"objective": "a.b"}, "objective is 'a.b'; it has to be package.module:function"),
        ({"name": "A B"}, "name is 'A B'"),
        ({"grace_seconds": 5}, "grace_seconds is 5"),
        ({"colour": 1}, "unknown key 'colour'"),
    ],
)
def test_wrong_settings_are_said(change: dict[str, object], said: str) -> None:
    right = json.loads(as_json(Sweep("a", "a:b", 3)))
    assert parse(json.dumps(right)) == Sweep("a", "a:b", 3)
    with pytest.raises(Problem, match=said.replace("(", r"\(")):
        parse(json.dumps({**right, **change}))


def test_texts_that_are_no_settings_are_said() -> None:
    for text, said in (("{", "isn't JSON"), ("[]", "no mapping"), ("{}", "has no 'name'")):
        with pytest.raises(Problem, match=said):
            parse(text)
