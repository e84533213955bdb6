from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from components.platform.rules import GROUPS, Alert, Group, Record, render
from components.platform.rules.rule import Fires
from tests.support import promtool

ALERTS = [rule for group in GROUPS for rule in group.rules if isinstance(rule, Alert)]
RECORDS = [rule for group in GROUPS for rule in group.rules if isinstance(rule, Record)]
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool isn't on PATH; tests/e2e/test_monitoring.py runs the same in the image"
)


def name_of(rule: Alert | Record | Group) -> str:
    return rule.name


def test_names_are_given_once() -> None:
    for names in ([alert.name for alert in ALERTS], [record.name for record in RECORDS], [g.name for g in GROUPS]):
        assert len(set(names)) == len(names)
    assert len(ALERTS) > 30


@pytest.mark.parametrize("alert", ALERTS, ids=name_of)
def test_an_alert_says_what_is_wrong_and_what_to_do(alert: Alert) -> None:
    assert re.fullmatch(r"([A-Z][a-z]+)+", alert.name)
    assert len(alert.summary) <= 120 and "\n" not in alert.summary
    assert alert.description.endswith(".")
    assert re.fullmatch(r"\d+[sm]", alert.wait)


@pytest.mark.parametrize("alert", ALERTS, ids=name_of)
def test_its_texts_use_labels_that_it_has(alert: Alert) -> None:
    for text in (alert.summary, alert.description):
        assert set(re.findall(r"\$labels\.(\w+)", text)) <= set(alert.fires.labels), text
        assert bool(alert.fires.value) or "$value" not in text, "its case says how the value reads"


@pytest.mark.parametrize("alert", [alert for alert in ALERTS if "team" in alert.summary], ids=name_of)
def test_what_is_a_teams_has_its_label_by_which_it_is_routed(alert: Alert) -> None:
    assert alert.fires.labels["team"] == "search"


def test_cases_are_rendered_with_texts_as_prometheus_writes_them() -> None:
    case = Fires({"up": "0x9"}, {"node": "a"}, "5m", "95%")
    alert = replace(ALERTS[0], summary="{{ $labels.node }} at {{ $value | humanizePercentage }}", fires=case)
    (fires, _) = render.cases(Group("g", (alert,)))["tests"]
    (expected,) = fires["alert_rule_test"][0]["exp_alerts"]
    assert expected["exp_annotations"]["summary"] == "a at 95%"
    assert expected["exp_labels"] == {"severity": alert.severity, "node": "a"}
    assert fires["input_series"] == [{"series": "up", "values": "0x9"}]


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    wanted = [
        bool(case["alert_rule_test"][0]["exp_alerts"])
        for group in GROUPS
        for case in render.cases(group)["tests"]
        if "alert_rule_test" in case
    ]
    assert (wanted.count(True), wanted.count(False)) == (len(ALERTS), len(ALERTS))


@needs_promtool
@pytest.mark.parametrize("group", GROUPS, ids=name_of)
def test_promtool_agrees(group: Group, tmp_path: Path) -> None:
    ran = tried([group], tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@needs_promtool
def test_promtool_finds_a_rule_that_does_not_fire(tmp_path: Path) -> None:
    alert = next(alert for alert in ALERTS if alert.name == "DatabaseDown")
    ran = tried([Group("wrong", (replace(alert, expr="max(pg_up) == 2"),))], tmp_path)
    assert ran.returncode == 1 and "FAILED" in ran.stdout + ran.stderr


def tried(groups: list[Group], folder: Path) -> subprocess.CompletedProcess[str]:
    cases = promtool.write(groups, folder)
    return subprocess.run(
        [str(PROMTOOL), "test", "rules", *map(str, cases)], capture_output=True, text=True, timeout=120, check=False
    )
