"""What a notebook may do to pods: Spark's executors, and nothing else.

Whoever may make pods may, by Kubernetes' own rights, mount every claim and read every Secret of the namespace: a
teammate's home, Airflow's keys. So the API server looks at what the service account `notebook` makes and deletes.
"""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.kubernetes import objects

NAME = "notebook-pods"
WHO = r"^system:serviceaccount:team-[a-z0-9-]+:notebook$"
SECRETS = ("worker-keys", "feature-keys")
"""What a notebook itself has."""
FILES = ("feature-store", "kube-root-ca.crt")
ACCOUNTS = ("default", "notebook")
MESSAGE = "a notebook makes Spark executors alone"


def _names(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{value}'" for value in values) + "]"


def variables() -> dict[str, str]:
    """CEL: parts of the pod that rules are about. A pod that goes is in `oldObject`."""
    return {
        "pod": "request.operation == 'DELETE' ? oldObject : object",
        "isExecutor": "has(variables.pod.metadata.labels) && 'spark-role' in variables.pod.metadata.labels "
        "&& variables.pod.metadata.labels['spark-role'] == 'executor'",
        "isMade": "request.operation != 'DELETE'",
        "containers": "variables.pod.spec.containers + "
        "(has(variables.pod.spec.initContainers) ? variables.pod.spec.initContainers : [])",
        "volumes": "has(variables.pod.spec.volumes) ? variables.pod.spec.volumes : []",
    }


def rules() -> dict[str, str]:
    """CEL by what it says to the person."""
    secrets = _names(SECRETS)
    projected = "v.projected.sources.all(s, !has(s.secret))"
    files = f"v.configMap.name in {_names(FILES)}"
    volume = f"has(v.emptyDir) || (has(v.configMap) && {files}) || (has(v.projected) && {projected})"
    whole = f"!has(c.envFrom) || c.envFrom.all(e, !has(e.secretRef) || e.secretRef.name in {secrets})"
    single = (
        "!has(c.env) || c.env.all(e, !has(e.valueFrom) || !has(e.valueFrom.secretKeyRef) "
        f"|| e.valueFrom.secretKeyRef.name in {secrets})"
    )
    account = (
        f"!has(variables.pod.spec.serviceAccountName) || variables.pod.spec.serviceAccountName in {_names(ACCOUNTS)}"
    )
    return {
        "it needs the label spark-role: executor": "variables.isExecutor",
        "its volumes may be emptyDir or feature-store": f"!variables.isMade || variables.volumes.all(v, {volume})",
        f"of Secrets it may have {' and '.join(SECRETS)}": "!variables.isMade || "
        f"variables.containers.all(c, ({whole}) && ({single}))",
        "its service account is notebook": f"!variables.isMade || ({account})",
    }


class NotebookAdmission(pulumi.ComponentResource):
    """The policy, and its binding to the namespaces of teams."""

    policy: k8s.admissionregistration.v1.ValidatingAdmissionPolicy

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:platform:NotebookAdmission", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        admission = k8s.admissionregistration.v1
        labels = label.labels(NAME, "admission")
        self.policy = admission.ValidatingAdmissionPolicy(
            f"{name}-policy",
            metadata=objects.metadata(NAME, labels),
            spec=admission.ValidatingAdmissionPolicySpecArgs(
                failure_policy="Fail",
                match_constraints=admission.MatchResourcesArgs(
                    resource_rules=[
                        admission.NamedRuleWithOperationsArgs(
                            api_groups=[""],
                            api_versions=["v1"],
                            operations=["CREATE", "UPDATE", "DELETE"],
                            resources=["pods"],
                        )
                    ]
                ),
                match_conditions=[
                    admission.MatchConditionArgs(
                        name="by-a-notebook", expression=f"request.userInfo.username.matches(r'{WHO}')"
                    )
                ],
                variables=[
                    admission.VariableArgs(name=name, expression=expression) for name, expression in variables().items()
                ],
                validations=[
                    admission.ValidationArgs(expression=rule, message=f"{MESSAGE}: {why}")
                    for why, rule in rules().items()
                ],
            ),
            opts=child,
        )
        admission.ValidatingAdmissionPolicyBinding(
            f"{name}-binding",
            metadata=objects.metadata(NAME, labels),
            spec=admission.ValidatingAdmissionPolicyBindingSpecArgs(
                policy_name=self.policy.metadata.name,
                validation_actions=["Deny"],
                match_resources=admission.MatchResourcesArgs(
                    namespace_selector=k8s.meta.v1.LabelSelectorArgs(
                        match_expressions=[k8s.meta.v1.LabelSelectorRequirementArgs(key=label.TEAM, operator="Exists")]
                    )
                ),
            ),
            opts=child,
        )
        self.register_outputs({})
