"""Policies by which the API server refuses what is asked of it in the namespaces of teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.kubernetes import objects

Validation = k8s.admissionregistration.v1.ValidationArgs


def policy(
    resource: str,
    name: str,
    operations: Sequence[str],
    resources: Sequence[str],
    variables: Mapping[str, str],
    validations: Sequence[Validation],
    opts: pulumi.ResourceOptions,
    conditions: Mapping[str, str] | None = None,
) -> k8s.admissionregistration.v1.ValidatingAdmissionPolicy:
    """A ValidatingAdmissionPolicy and its binding to every team's namespace; what it can't judge it refuses.

    Args:
        resource: What its resources in Pulumi begin with.
        name: Of both objects.
        operations: Such as CREATE.
        resources: Of the core group, such as pods.
        variables: CEL by name, in the order in which they may use each other.
        validations: What has to hold.
        opts: Of both.
        conditions: CEL by name: whom it is about; everybody by default.
    """
    admission = k8s.admissionregistration.v1
    labels = label.labels(name, "admission")
    made = admission.ValidatingAdmissionPolicy(
        f"{resource}-policy",
        metadata=objects.metadata(name, labels),
        spec=admission.ValidatingAdmissionPolicySpecArgs(
            failure_policy="Fail",
            match_constraints=admission.MatchResourcesArgs(
                resource_rules=[
                    admission.NamedRuleWithOperationsArgs(
                        api_groups=[""], api_versions=["v1"], operations=list(operations), resources=list(resources)
                    )
                ]
            ),
            match_conditions=[
                admission.MatchConditionArgs(name=key, expression=cel) for key, cel in (conditions or {}).items()
            ]
            or None,
            variables=[admission.VariableArgs(name=key, expression=cel) for key, cel in variables.items()],
            validations=list(validations),
        ),
        opts=opts,
    )
    admission.ValidatingAdmissionPolicyBinding(
        f"{resource}-binding",
        metadata=objects.metadata(name, labels),
        spec=admission.ValidatingAdmissionPolicyBindingSpecArgs(
            policy_name=made.metadata.name,
            validation_actions=["Deny"],
            match_resources=admission.MatchResourcesArgs(
                namespace_selector=k8s.meta.v1.LabelSelectorArgs(
                    match_expressions=[k8s.meta.v1.LabelSelectorRequirementArgs(key=label.TEAM, operator="Exists")]
                )
            ),
        ),
        opts=opts,
    )
    return made
