from __future__ import annotations

import pytest

from local.problem import Problem
from mlp import target


def test_embedded_by_default() -> None:
    assert target.current().embedded


def test_both_name_another_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLP_KUBE_CONTEXT", "mine")
    monkeypatch.setenv("MLP_REGISTRY", "registry.example.org/team")
    assert target.current() == target.Target("mine", "registry.example.org/team")


@pytest.mark.parametrize(
    ("given", "missing"), [("MLP_KUBE_CONTEXT", "MLP_REGISTRY"), ("MLP_REGISTRY", "MLP_KUBE_CONTEXT")]
)
def test_one_alone_is_a_problem(monkeypatch: pytest.MonkeyPatch, given: str, missing: str) -> None:
    monkeypatch.setenv(given, "value")
    with pytest.raises(Problem, match=f"{given} is set.*{missing} isn't") as caught:
        target.current()
    assert f"set {missing} too" in caught.value.fix
