"""Rules as Prometheus reads them, and their cases as `promtool test rules` does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from components.platform.rules.rule import STEP, Alert, Fires, Group, Quiet, Record, Yields

_LABEL = re.compile(r"{{\s*\$labels\.(\w+)\s*}}")
_VALUE = re.compile(r"{{\s*\$value[^}]*}}")


def file_name(group: Group) -> str:
    """Of a group's rules. A file each: a group's cases are then evaluated without all other rules."""
    return f"rules-{group.name}.yml"


def cases_name(group: Group) -> str:
    """Of a group's cases."""
    return f"cases-{group.name}.yml"


def rules(group: Group) -> dict[str, Any]:
    """The file of a group's rules."""
    return {
        "groups": [
            {"name": group.name, "interval": group.interval, "rules": [_rule(rule) for rule in group.rules]},
        ]
    }


def _rule(rule: Alert | Record) -> dict[str, Any]:
    if isinstance(rule, Record):
        return {"record": rule.name, "expr": rule.expr}
    return {
        "alert": rule.name,
        "expr": rule.expr,
        "for": rule.wait,
        "labels": {"severity": rule.severity, **rule.labels},
        "annotations": {"summary": rule.summary, "description": rule.description},
    }


def cases(group: Group) -> dict[str, Any]:
    """The file of a group's cases: two of each alert, one of each recording rule."""
    return {
        "rule_files": [file_name(group)],
        "evaluation_interval": STEP,
        "tests": [test for rule in group.rules for test in _cases(rule)],
    }


def _cases(rule: Alert | Record) -> list[dict[str, Any]]:
    if isinstance(rule, Record):
        return [_yields(rule, rule.case)]
    return [_fires(rule, rule.fires), _quiet(rule, rule.quiet)]


def _given(name: str, series: Mapping[str, str]) -> dict[str, Any]:
    inputs = [{"series": one, "values": values} for one, values in series.items()]
    return {"name": name, "interval": STEP, "input_series": inputs}


def _fires(alert: Alert, case: Fires) -> dict[str, Any]:
    expected = {
        "exp_labels": {"severity": alert.severity, **alert.labels, **case.labels},
        "exp_annotations": {
            "summary": said(alert.summary, case),
            "description": said(alert.description, case),
        },
    }
    wanted = {"eval_time": case.at, "alertname": alert.name, "exp_alerts": [expected]}
    return {**_given(f"{alert.name} fires", case.series), "alert_rule_test": [wanted]}


def _quiet(alert: Alert, case: Quiet) -> dict[str, Any]:
    wanted = {"eval_time": case.at, "alertname": alert.name, "exp_alerts": []}
    return {**_given(f"{alert.name} stays quiet", case.series), "alert_rule_test": [wanted]}


def _yields(record: Record, case: Yields) -> dict[str, Any]:
    samples = [
        {"labels": "{" + f'__name__="{record.name}"' + _more(labels) + "}", "value": value}
        for labels, value in case.samples.items()
    ]
    wanted = {"expr": record.name, "eval_time": case.at, "exp_samples": samples}
    return {**_given(f"{record.name} is reckoned", case.series), "promql_expr_test": [wanted]}


def _more(labels: str) -> str:
    inner = labels.strip("{}")
    return f",{inner}" if inner else ""


def said(template: str, case: Fires) -> str:
    """A text of an alert as Prometheus writes it for this case."""
    text = _LABEL.sub(lambda found: case.labels.get(found[1], ""), template)
    return _VALUE.sub(case.value, text)
