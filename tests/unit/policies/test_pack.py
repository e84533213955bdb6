"""Rules as Pulumi's policies: what they are given, and what comes out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pulumi_policy import EnforcementLevel, ResourceValidationPolicy, StackValidationPolicy
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from policies.catalog import RULES
from policies.pack import policy
from policies.reproducibility import images_by_digest
from policies.security import no_host
from policies.tenancy import own_namespace
from tests.unit.policies.compliant import broken, resource, stack


def said(rule: Any, argument: object) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    made = policy(rule)
    made.validate(argument, lambda message, urn=None: found.append((message, urn)))
    return found


def as_pulumi_gives(one: Any) -> SimpleNamespace:
    # Not dicts and lists: what looks like them, and tells of values that aren't known.
    return SimpleNamespace(
        resource_type=one.type, name=one.name, urn=one.urn, props=unknown_checking_proxy(dict(one.props))
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_is_a_mandatory_policy(rule: Any) -> None:
    made = policy(rule)
    assert isinstance(made, ResourceValidationPolicy | StackValidationPolicy)
    assert made.enforcement_level is EnforcementLevel.MANDATORY
    assert made.remediation_steps == rule.fix


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_right_stack_passes_as_pulumi_gives_it(rule: Any) -> None:
    given = [as_pulumi_gives(one) for one in stack()]
    if isinstance(policy(rule), StackValidationPolicy):
        assert said(rule, SimpleNamespace(resources=given)) == []
    else:
        assert [message for one in given for message in said(rule, one)] == []


def test_a_violation_says_what_and_how_to_mend_it() -> None:
    wrong = next(
        one for one in broken("deployment", ("spec", "template", "spec", "hostPID"), True) if one.name == "deployment"
    )
    assert said(no_host.RULE, as_pulumi_gives(wrong)) == [
        (f"Deployment git has hostPID\n  fix: {no_host.RULE.fix}", None)
    ]


def test_a_violation_of_a_stack_names_the_resource() -> None:
    resources = broken("role", ("metadata", "namespace"), "team-recsys")
    ((message, urn),) = said(own_namespace.RULE, SimpleNamespace(resources=[as_pulumi_gives(one) for one in resources]))
    assert message.startswith("Role reader is in namespace team-recsys\n")
    assert urn == "urn:role"


def test_what_isnt_known_yet_is_left_to_the_engine() -> None:
    deployment = resource("deployment")
    deployment.props["spec"]["template"]["spec"]["containers"][0]["image"] = UNKNOWN_STRING_VALUE
    with pytest.raises(UnknownValueError):
        said(images_by_digest.RULE, as_pulumi_gives(deployment))
