"""Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the changed lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib import metadata
from typing import TYPE_CHECKING, Any

from policies.catalog import RULES
from policies.rule import Rule, Severity, StackRule

if TYPE_CHECKING:
    from mlp.policy import Finding

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.0"}
"""`security-severity`, by which code hosts sort: 9 and more is critical, 7 high, 4 medium."""
NUMBERS = {rule.name: number for number, rule in enumerate(RULES)}


def log(found: Iterable[Finding]) -> dict[str, Any]:
    """One run: all rules, and what they found."""
    driver = {
        "name": "mlplatform-policies",
        "version": metadata.version("mlplatform"),
        "rules": list(map(_rule, RULES)),
    }
    run = {"tool": {"driver": driver}, "results": list(map(_result, found)), "columnKind": "utf16CodeUnits"}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule | StackRule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.says},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": [rule.area], "security-severity": SCORES[rule.severity]},
    }


def _result(one: Finding) -> dict[str, Any]:
    # A resource has no line of its own in a spec: what it comes from is the stack's whole file.
    place: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": f"stacks/{one.stack}.yaml"},
            "region": {"startLine": 1},
        }
    }
    if one.urn:
        place["logicalLocations"] = [{"fullyQualifiedName": one.urn, "kind": "resource"}]
    told = "\n".join((one.stack, one.rule.name, one.urn, one.what))
    return {
        "ruleId": one.rule.name,
        "ruleIndex": NUMBERS[one.rule.name],
        "level": "error" if one.broken else "note",
        "message": {"text": f"{one.what}; fix: {one.rule.fix}" if one.broken else one.what},
        "locations": [place],
        "partialFingerprints": {"finding/v1": hashlib.sha256(told.encode()).hexdigest()},
    }
