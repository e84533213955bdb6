"""Which images may run where teams run: ours, by digest. The API server itself refuses every other pod."""

from __future__ import annotations

import re

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import admission
from components.kubernetes.images import PROJECT

NAME = "team-images"
LISTS = ("containers", "initContainers", "ephemeralContainers")


def allowed(registry: str) -> str:
    """The regular expression (RE2, as CEL takes it) that an image has to match as a whole."""
    # `re.escape` writes '\-', which RE2 takes too; '/' and ':' need none.
    return rf"^{re.escape(registry)}/{PROJECT}/[a-z0-9-]+@sha256:[0-9a-f]{{64}}$"


def images() -> str:
    """CEL: the images of all containers and volumes of a pod. Debugging adds ephemeral ones to a pod that runs."""
    parts = [f"(has(object.spec.{name}) ? object.spec.{name}.map(c, c.image) : [])" for name in LISTS]
    volumes = "object.spec.volumes.filter(v, has(v.image)).map(v, has(v.image.reference) ? v.image.reference : '')"
    return " + ".join([*parts, f"(has(object.spec.volumes) ? {volumes} : [])"])


def expression(registry: str) -> str:
    """CEL: the images that aren't allowed. A raw string, in which a backslash is one."""
    return f"variables.images.filter(image, !image.matches(r'{allowed(registry)}'))"


def message(registry: str) -> str:
    """CEL: what the person reads who wanted the pod."""
    text = (
        f"only images of {registry}/{PROJECT} by digest run here; fix: use {registry}/{PROJECT}/<name>@sha256:<digest>"
    )
    return f"'image ' + variables.others.join(', ') + ': {text}'"


class Admission(pulumi.ComponentResource):
    """The policy, and its binding to the namespaces of teams."""

    policy: k8s.admissionregistration.v1.ValidatingAdmissionPolicy

    def __init__(self, name: str, registry: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:platform:Admission", name, None, opts)
        self.policy = admission.policy(
            name,
            NAME,
            ("CREATE", "UPDATE"),
            ("pods", "pods/ephemeralcontainers"),
            {"images": images(), "others": expression(registry)},
            [admission.Validation(expression="variables.others.size() == 0", message_expression=message(registry))],
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
