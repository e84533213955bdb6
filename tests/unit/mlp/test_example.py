from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local.problem import Problem
from mlp import cluster, example
from mlp.target import Target


class FakeJob:
    """A Job that is in `state`, and succeeds when watched."""

    name = "job"
    state = "missing"
    calls: list[str]

    def __init__(self, api: object, namespace: str, name: str) -> None: ...

    def status(self) -> str:
        return self.state

    def log(self) -> list[str]:
        return []

    def __getattr__(self, call: str) -> Any:
        return lambda *given, **named: self.calls.append(call)


@pytest.mark.parametrize(
    ("state", "calls"),
    [
        ("missing", ["apply", "watch", "delete_others"]),
        ("running", ["watch", "delete_others"]),
        ("failed", ["delete", "apply", "watch", "delete_others"]),
        ("succeeded", []),
    ],
)
def test_what_is_done_by_how_the_job_stands(monkeypatch: pytest.MonkeyPatch, state: str, calls: list[str]) -> None:
    @contextmanager
    def no_cluster(where: Target) -> Iterator[object]:
        yield object()

    monkeypatch.setattr(cluster, "client", no_cluster)
    monkeypatch.setattr(example, "Job", FakeJob)
    monkeypatch.setattr(example, "manifest", lambda: {"metadata": {"name": "job"}})
    monkeypatch.setattr(FakeJob, "state", state)
    monkeypatch.setattr(FakeJob, "calls", [], raising=False)
    example.run(Target())
    assert FakeJob.calls == calls


def test_without_a_foundation_there_is_no_job() -> None:
    with pytest.raises(Problem, match="isn't up"):
        example.manifest()


def test_code_version_is_the_commit_and_the_content(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "a.py").write_text("a = 1\n")
    monkeypatch.setattr(example, "SOURCES", tmp_path)
    first = example.code_version()
    assert len(first.split("+")[0]) == 40
    (tmp_path / "a.py").write_text("a = 2\n")
    assert example.code_version() != first
