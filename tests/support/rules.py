"""What rules say of resources, whichever sort of rule it is."""

from __future__ import annotations

from collections.abc import Sequence

from policies.catalog import RULES
from policies.resource import Resource
from policies.rule import Rule, StackRule


def found(rule: Rule | StackRule, resources: Sequence[Resource]) -> list[str]:
    """What one rule says is wrong with the resources of a stack."""
    if isinstance(rule, Rule):
        return [what for one in resources for what in rule.check(one)]
    return [violation.what for violation in rule.check(resources)]


def faults(resources: Sequence[Resource]) -> dict[str, list[str]]:
    """What each rule says is wrong, by its name; without those that say nothing."""
    return {rule.name: said for rule in RULES if (said := found(rule, resources))}
