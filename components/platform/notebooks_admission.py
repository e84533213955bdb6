"""What a notebook may do to pods: Spark's executors, and nothing else.

Whoever may make pods may, by Kubernetes' own rights, mount every claim and read every Secret of the namespace: a
teammate's home, Airflow's keys. So the API server looks at what the service account `notebook` makes and deletes.
"""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import admission

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
        self.policy = admission.policy(
            name,
            NAME,
            ("CREATE", "UPDATE", "DELETE"),
            ("pods",),
            variables(),
            [admission.Validation(expression=rule, message=f"{MESSAGE}: {why}") for why, rule in rules().items()],
            pulumi.ResourceOptions(parent=self),
            {"by-a-notebook": f"request.userInfo.username.matches(r'{WHO}')"},
        )
        self.register_outputs({})
