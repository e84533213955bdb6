from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from examples.keyword_recommender import tracking
from examples.keyword_recommender.evaluate import Interval

FACTS = tracking.Facts("source", "abc", {"l2": 1}, {"ndcg_at_10": Interval(0.2, 0.1, 0.3)}, 0.15, 671)


def test_a_missing_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(tracking.TrackingError, match="MLFLOW_TRACKING_URI isn't set"):
        tracking.record(None, FACTS, [])


def test_a_password_in_the_address_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:hunter2@mlflow:5000")
    with pytest.raises(tracking.TrackingError, match="MLFLOW_TRACKING_USERNAME") as caught:
        tracking.server()
    assert "hunter2" not in str(caught.value)


def test_origin_is_told_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLP_CODE_VERSION", "1a2b")
    monkeypatch.setenv("MLP_IMAGE", "registry/training@sha256:ff")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter2")
    assert tracking.tags(FACTS) == {
        "code_version": "1a2b",
        "data_hash": "abc",
        "data_source": "source",
        "image": "registry/training@sha256:ff",
    }


def test_without_a_commit_the_sources_are_hashed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MLP_CODE_VERSION", raising=False)
    monkeypatch.setattr(tracking, "_PACKAGE", tmp_path)
    (tmp_path / "a.py").write_text("x = 1")
    first = tracking.code_version()
    (tmp_path / "notes.txt").write_text("not code")
    assert tracking.code_version() == first
    (tmp_path / "a.py").write_text("x = 2")
    assert tracking.code_version() != first
    assert first.startswith("sha256:")


def test_figures_become_flat_metrics() -> None:
    assert tracking.flat(FACTS) == {
        "validation_ndcg": 0.15,
        "test_users": 671.0,
        "ndcg_at_10": 0.2,
        "ndcg_at_10_low": 0.1,
        "ndcg_at_10_high": 0.3,
    }


def test_an_origin_is_among_the_tags_of_run_and_version() -> None:
    facts = replace(FACTS, origin={"day": "2026-01-31", "pipeline_run": "scheduled__1"})
    assert tracking.tags(facts).items() >= facts.origin.items()
