"""Every stack's preview checked by the policy pack: a table for people, SARIF for tools, an exit code for CI."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pulumi.automation.events import PolicyEvent

from local.problem import Problem
from mlp import console, engine, sample_preview, sarif
from policies.catalog import BY_NAME, RULES
from policies.rule import Rule, Severity, StackRule


@dataclass(frozen=True)
class Finding:
    """What a rule found in a stack."""

    stack: str
    rule: Rule | StackRule
    what: str
    urn: str
    broken: bool
    """Or the rule couldn't be judged yet, because it asks for a value that only an `up` knows."""


def run(stacks: Sequence[str], report: Path | None) -> None:
    """Check these stacks (all if none); a line each, a table of what is broken, and how to mend it.

    Args:
        stacks: Names.
        report: Where to write the findings as SARIF 2.1.0.

    Raises:
        Problem: A rule is broken, or a stack can't be previewed.
    """
    wanted = sample_preview.chosen(stacks)
    found: list[Finding] = []
    for name in wanted:
        start = time.monotonic()
        here = of(name)
        found += here
        print(f"{name}: {_verdict(here)} ({time.monotonic() - start:.1f} s)", flush=True)
    if report is not None:
        _write(report, sarif.log(found))
    if found:
        print(f"\n{table(found)}")
    if broken := [one for one in found if one.broken]:
        rules = sorted({one.rule.name for one in broken})
        for name in rules:
            print(f"\n{name}: {BY_NAME[name].says}\n  fix: {BY_NAME[name].fix}")
        where = {one.stack for one in broken}
        raise Problem(
            f"{len(rules)} of {len(RULES)} rules broken in {len(where)} of {len(wanted)} stacks",
            "mend what the table names; each rule is a file in policies/",
        )


def listed() -> str:
    """The rules: how bad a violation is, what each says."""
    return console.table(("rule", "severity", "says"), [(rule.name, rule.severity, rule.says) for rule in RULES])


def of(stack: str) -> list[Finding]:
    """Check one stack as if those below it were up with their sample outputs."""
    with sample_preview.standing_on_samples(stack) as opened:
        return findings(stack, opened.violations())


def findings(stack: str, events: Iterable[PolicyEvent]) -> list[Finding]:
    """What the engine said, without the rule's own words around it."""
    found = []
    for event in events:
        rule = BY_NAME[event.policy_name]
        broken = event.enforcement_level == engine.MANDATORY
        found.append(Finding(stack, rule, rule.what(event.message), event.resource_urn or "", broken))
    return found


def table(found: Iterable[Finding]) -> str:
    """What was found, the worst first."""
    worst = list(Severity)[::-1]
    rows = [
        (one.rule.severity if one.broken else "unknown", one.rule.name, one.stack, one.what)
        for one in sorted(found, key=lambda one: (not one.broken, worst.index(one.rule.severity), one.rule.name))
    ]
    return console.table(("severity", "rule", "stack", "what"), rows)


def _verdict(found: Sequence[Finding]) -> str:
    broken = len({one.rule.name for one in found if one.broken})
    unknown = len({one.rule.name for one in found if not one.broken})
    said = f"{broken} of {len(RULES)} rules broken" if broken else f"keeps to {len(RULES)} rules"
    return f"{said}, {unknown} unknown until up" if unknown else said


def _write(report: Path, log: object) -> None:
    try:
        report.write_text(json.dumps(log, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise Problem(f"{report} can't be written: {error.strerror}", "name a file in a folder that is there") from None
