"""Rules as Pulumi's policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies.resource import Resource
from policies.rule import Rule, StackRule

NAME = "mlplatform"


def policy(rule: Rule | StackRule) -> ResourceValidationPolicy | StackValidationPolicy:
    """The policy that a rule is to Pulumi: a violation ends a preview and an up, unless the pack's config says else."""
    said: dict[str, Any] = {
        "name": rule.name,
        "description": rule.says,
        "enforcement_level": EnforcementLevel.MANDATORY,
        "severity": Severity(rule.severity),
        "tags": [rule.area],
        "remediation_steps": rule.fix,
    }
    if isinstance(rule, Rule):
        return ResourceValidationPolicy(validate=_of_each(rule), **said)
    return StackValidationPolicy(validate=_of_all(rule), **said)


def _of_each(rule: Rule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for what in rule.check(Resource(args.resource_type, args.name, args.props, args.urn)):
            report(rule.message(what), None)

    return validate


def _of_all(rule: StackRule) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [Resource(one.resource_type, one.name, one.props, one.urn) for one in args.resources]
        for found in rule.check(resources):
            report(rule.message(found.what), found.urn or None)

    return validate
