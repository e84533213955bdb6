"""What runs a notebook beside a task: once, and with an end in every case. Papermill itself is in the image."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from images.notebook.mlplatform_notebook import job
from images.notebook.mlplatform_notebook.job import Job

ASKED = Job("project/n.ipynb", {"x": 1}, "title", {"run": "r"})


class FailedError(Exception):
    exec_count, ename, evalue = 4, "ValueError", "no"


@pytest.fixture
def papermill(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A papermill that notes what it is asked, and ends as `end` says."""
    noted: dict[str, Any] = {"runs": 0}

    def execute(source: str, target: str, **values: Any) -> None:
        noted["runs"] += 1
        noted.update(values, source=source)
        print("said by a cell")
        if error := noted.get("end"):
            raise error

    made, errors = types.ModuleType("papermill"), types.ModuleType("papermill.exceptions")
    made.execute_notebook = execute  # type: ignore[attr-defined]
    errors.PapermillExecutionError = FailedError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "papermill", made)
    monkeypatch.setitem(sys.modules, "papermill.exceptions", errors)
    monkeypatch.setattr(job, "show", lambda asked, result, folder: noted.update(shown=result))
    monkeypatch.setenv("PYTHONPATH", "/before")
    return noted


def result(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / job.RESULT).read_text())
    return found


def test_it_runs_with_its_parameters_and_leaves_a_result(papermill: dict[str, Any], tmp_path: Path) -> None:
    job.once(ASKED, tmp_path)
    assert result(tmp_path)["ok"]
    assert papermill["parameters"] == {"x": 1}
    assert papermill["cwd"] == str(tmp_path / "code" / "project")
    assert "said by a cell" in (tmp_path / job.LOG).read_text()
    assert papermill["shown"].ok


def test_an_error_in_a_cell_is_named_with_the_cell(papermill: dict[str, Any], tmp_path: Path) -> None:
    papermill["end"] = FailedError()
    job.once(ASKED, tmp_path)
    found = result(tmp_path)
    assert (found["ok"], found["error"], found["cell"], found["lost"]) == (False, "ValueError: no", 4, False)
    assert not papermill["shown"].ok


def test_a_kernel_that_died_may_run_again(papermill: dict[str, Any], tmp_path: Path) -> None:
    papermill["end"] = type("DeadKernelError", (Exception,), {})()
    job.once(ASKED, tmp_path)
    assert result(tmp_path)["lost"]
    assert "memory" in result(tmp_path)["error"]


def test_after_a_kill_it_says_so_and_runs_nothing_twice(papermill: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / job.STARTED).touch()
    job.once(ASKED, tmp_path)
    assert papermill["runs"] == 0
    assert result(tmp_path)["lost"]
    job.once(ASKED, tmp_path)
    assert papermill["runs"] == 0


def test_what_a_task_writes_is_understood() -> None:
    assert job.read(json.dumps({"notebook": "a/b.ipynb", "parameters": {"x": 1}})) == Job("a/b.ipynb", {"x": 1})
