"""From outcomes to what a Tenant's status says."""

from __future__ import annotations

from datetime import UTC, datetime

from images.tenancy.tenancy import status
from images.tenancy.tenancy.conditions import Outcome, merged
from images.tenancy.tenancy.tenant import Tenant

TENANT = Tenant("team-search", "team-search", "tenant-keys", 3, None, None, False, False, 7)
GIVEN = Outcome("DatabaseReady", True, True, "Given", "role team-search owns database team-search")
GONE = Outcome("TrackingReady", False, False, "Unreachable", "MLflow at http://mlflow isn't there: refused")


def condition(found: dict[str, object], sort: str) -> dict[str, object]:
    conditions = found["conditions"]
    assert isinstance(conditions, list)
    return {str(one["type"]): one for one in conditions}[sort]


def test_the_rotation_counts_when_all_tools_took_it() -> None:
    assert "rotation" not in status.after_giving(TENANT, {"rotation": 2}, [GIVEN, GONE])
    assert status.after_giving(TENANT, {"rotation": 2}, [GIVEN])["rotation"] == 3


def test_ready_says_what_is_not() -> None:
    found = status.after_giving(TENANT, {}, [GIVEN, GONE])
    assert condition(found, "Ready") | {"lastTransitionTime": ""} == {
        "type": "Ready",
        "status": "False",
        "reason": "Unreachable",
        "message": GONE.message,
        "observedGeneration": 7,
        "lastTransitionTime": "",
    }
    assert condition(found, "DatabaseReady")["status"] == "True"


def test_times_change_where_a_status_does() -> None:
    first = merged([], [GIVEN, GONE], 1, datetime(2026, 1, 1, tzinfo=UTC))
    second = merged(
        first, [GIVEN, Outcome("TrackingReady", True, True, "Given", "")], 2, datetime(2026, 1, 2, tzinfo=UTC)
    )
    assert [one["lastTransitionTime"][:10] for one in second] == ["2026-01-01", "2026-01-02"]
    assert [one["observedGeneration"] for one in second] == [2, 2]


def test_who_has_another_ones_name_is_told_so() -> None:
    tenant = Tenant("mlflow", "team-search", "tenant-keys", 3, None, None, False, False, 7)
    found = condition(status.not_allowed(tenant, {}), "Ready")
    assert (found["status"], found["reason"]) == ("False", "NameNotAllowed")


def test_what_was_known_before_is_no_news() -> None:
    before = status.after_giving(TENANT, {}, [GIVEN])
    assert not status.is_new(status.after_giving(TENANT, before, [GIVEN]), before)
    assert status.is_new(status.after_giving(TENANT, before, [GONE]), before)


def test_tries_are_further_apart_each_time_but_never_far() -> None:
    assert [status.delay(retry) for retry in range(6)] == [1, 2, 4, 8, 15, 15]


def test_a_long_message_is_cut() -> None:
    found = merged([], [Outcome("Ready", False, False, "Refused", "x" * 5000)], 1)
    assert len(found[0]["message"]) == 1024
