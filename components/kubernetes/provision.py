"""A Job that makes what tools keep inside: a role, a bucket, a workspace. Its command may run again at any time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.kubernetes import objects, pods
from components.kubernetes.pods import SecretKey
from components.kubernetes.spec import Resources

COMPONENT = "provision"
"""Label of its pods, which network policies select them by."""
RESOURCES = Resources(cpu="50m", memory="256Mi")
ATTEMPTS = 2
DEADLINE_SECONDS = 600


@dataclass(frozen=True)
class ProvisionInputs:
    """What the command needs, and where it runs."""

    namespace: pulumi.Input[str]
    image: str
    command: Sequence[str]
    """A program of the image, and its arguments: no secret."""
    settings: Mapping[str, str]
    """Environment variables that aren't secret."""
    credentials: Mapping[str, SecretKey] = field(default_factory=dict)
    """Environment variables read from Secrets that are there already."""
    secrets: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)
    """Environment variables with secrets of this Job alone, which get a Secret of its own."""
    rotation: int = 1
    """Runs the command again when it changes."""
    resources: Resources = RESOURCES
    """Enough for a client of a tool."""


def job_name(name: str, inputs: ProvisionInputs) -> str:
    """Changes with whatever the Job depends on: a Job can't be changed, so another one takes its place."""
    content = json.dumps([inputs.image, list(inputs.command), dict(inputs.settings)], sort_keys=True)
    return f"{name}-r{inputs.rotation}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


class Provision(pulumi.ComponentResource):
    """The secrets in a Secret, and the Job that runs the command.

    The Job stays when it has ended, so that nothing runs again that needn't.
    """

    job: k8s.batch.v1.Job

    def __init__(self, name: str, inputs: ProvisionInputs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:kubernetes:Provision", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels = label.labels(name, COMPONENT)
        hidden = dict(inputs.credentials)
        if inputs.secrets:
            secret = objects.secret(f"{name}-provision", labels, inputs.namespace, inputs.secrets, child)
            hidden |= {key: SecretKey(secret.metadata.name, key) for key in inputs.secrets}
        container = k8s.core.v1.ContainerArgs(
            name="provision",
            image=inputs.image,
            command=list(inputs.command),
            env=pods.environment(inputs.settings, hidden),
            resources=pods.resources(inputs.resources),
            security_context=pods.container_security(),
            volume_mounts=[pods.mount("tmp", pods.TMP)],
        )
        volumes = [pods.scratch("tmp", "64Mi")]
        self.job = k8s.batch.v1.Job(
            f"{name}-job",
            metadata=objects.metadata(job_name(name, inputs), labels, inputs.namespace),
            spec=k8s.batch.v1.JobSpecArgs(
                backoff_limit=ATTEMPTS,
                active_deadline_seconds=DEADLINE_SECONDS,
                template=pods.template(labels, [container], volumes, restart_policy="Never", grace_seconds=5),
            ),
            opts=child,
        )
        self.register_outputs({"job": self.job.metadata.name})
