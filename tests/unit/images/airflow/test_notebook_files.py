"""What a task and the notebook beside it give each other, and where it is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from images.airflow.mlplatform_airflow import notebook_files
from images.airflow.mlplatform_airflow.notebook_files import Handover, Kept, address
from images.notebook.mlplatform_notebook import job

KEPT = Kept("daily", "manual__2026-11-29T19:00:00+00:00", "report")


class Client:
    """Notes what is uploaded."""

    def __init__(self) -> None:
        self.uploads: dict[str, str] = {}

    def upload_file(self, file: str, bucket: str, key: str, ExtraArgs: dict[str, Any]) -> None:  # noqa: N803 - boto3's
        self.uploads[f"{bucket}/{key}"] = ExtraArgs["ContentType"]


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    folder = tmp_path / "dags" / "project"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "__pycache__" / "x.pyc").touch()
    (folder / "helper.py").write_text("x = 1")
    (folder / "report.ipynb").write_text("{}")
    return folder / "report.ipynb"


def test_a_key_says_whose_it_is() -> None:
    assert KEPT.key == "notebooks/daily/manual__2026-11-29T19:00:00+00:00/report"
    assert Kept("daily", "r", "report", 3).key == "notebooks/daily/r/report-3"


def test_its_page_is_behind_the_teams_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://airflow-x.localhost:8080/")
    assert address(KEPT) == (
        "http://airflow-x.localhost:8080/notebooks/daily/manual__2026-11-29T19%3A00%3A00%2B00%3A00/report"
    )


def test_what_is_given_is_what_the_image_reads(notebook: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    Handover(shared).give(
        notebook, {"parameters": {"x": 1}, "title": "t", "facts": {}, "kernel": "", "cell_seconds": 5}
    )
    asked = job.read((shared / job.JOB).read_text())
    assert asked.notebook == "project/report.ipynb"
    assert asked.cell_seconds == 5
    assert (shared / "code" / "project" / "helper.py").is_file()
    assert not (shared / "code" / "project" / "__pycache__").exists()


def test_a_folder_of_data_is_refused(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook_files, "MOST_BYTES", 1)
    with pytest.raises(ValueError, match="keep data in the bucket"):
        Handover(tmp_path).give(notebook, {})


def test_what_the_notebook_says_is_said_at_once_and_once(tmp_path: Path) -> None:
    said: list[str] = []
    steps = iter(["one\ntw", "o\nthree", ""])

    def pause(_: float) -> None:
        with (tmp_path / job.LOG).open("a") as log:
            log.write(text := next(steps))
        if not text:
            found = job.Result(False, 1.5, "ValueError: no", 4)
            (tmp_path / job.RESULT).write_text(json.dumps(found.__dict__))

    found = Handover(tmp_path).follow(said.append, pause)
    assert said == ["one", "two", "three"]
    assert (found.ok, found.error, found.cell, found.lost) == (False, "ValueError: no", 4, False)


def test_whatever_there_is_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_BUCKET", "team-x")
    client = Client()
    assert Handover(tmp_path).keep(KEPT, client) == []
    (tmp_path / job.OUTPUT).touch()
    assert Handover(tmp_path).keep(KEPT, client) == [f"s3://team-x/{KEPT.key}.ipynb"]
    (tmp_path / job.PAGE).touch()
    assert Handover(tmp_path).keep(KEPT, client)[1] == f"s3://team-x/{KEPT.key}.html"
    assert client.uploads[f"team-x/{KEPT.key}.html"].startswith("text/html")
