"""What follows from Airflow's answer about itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from images.airflow.mlplatform_airflow import health

NOW = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)


def answer(**changes: Any) -> dict[str, Any]:
    beat = (NOW - timedelta(seconds=4)).isoformat()
    well: dict[str, Any] = {"metadatabase": {"status": "healthy"}}
    for name in health.PARTS.values():
        well[name] = {"status": "healthy", f"latest_{name}_heartbeat": beat}
    return well | changes


def test_all_are_well() -> None:
    found = health.judged(answer(), NOW)
    assert found.answered and found.database
    assert found.sick == []
    assert found.heartbeat_ages == {"scheduler": 4.0, "dag-processor": 4.0, "triggerer": 4.0}


@pytest.mark.parametrize("part", [{"status": "unhealthy", "latest_triggerer_heartbeat": None}, {"status": None}, None])
def test_one_is_not(part: dict[str, Any] | None) -> None:
    found = health.judged(answer(triggerer=part), NOW)
    assert found.sick == ["triggerer"]
    assert "triggerer" not in found.heartbeat_ages


def test_without_its_database_nobody_is_judged() -> None:
    found = health.judged(answer(metadatabase={"status": "unhealthy"}), NOW)
    assert found.answered and not found.database
    assert not found.heartbeat_ages


def test_a_clock_ahead_is_no_heartbeat_from_the_future() -> None:
    ahead = {"status": "healthy", "latest_scheduler_heartbeat": (NOW + timedelta(seconds=9)).isoformat()}
    assert health.judged(answer(scheduler=ahead), NOW).heartbeat_ages["scheduler"] == 0.0


def test_no_answer_is_everybody_sick() -> None:
    found = health.look("http://127.0.0.1:1")
    assert not found.answered
    assert found.sick == ["api-server", "dag-processor", "scheduler", "triggerer"]
