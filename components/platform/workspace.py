"""One MLflow workspace with a user of its own, for the pods of one namespace."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.kubernetes import objects, secrets, traffic
from components.kubernetes.pods import SecretKey
from components.kubernetes.provision import Provision, ProvisionInputs
from components.platform import mlflow, mlflow_pod, tenancy_pod
from components.platform.spec import WorkspaceSpec


@dataclass(frozen=True)
class WorkspaceInputs:
    """What a workspace needs from others."""

    server: mlflow.Mlflow
    server_namespace: str
    namespace: pulumi.Input[str]
    """Where its pods are."""
    object_store: str
    """Its address: MLflow's client fetches large artifacts there by signed URLs, not through the server."""
    image: str
    """Of tenancy."""
    root_secret: pulumi.Output[str]


class Workspace(pulumi.ComponentResource):
    """Workspace, user and role in MLflow, and the Secret that pods sign in with. Runs stay when it goes."""

    secret: k8s.core.v1.Secret

    def __init__(
        self, name: str, spec: WorkspaceSpec, inputs: WorkspaceInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:Workspace", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels = label.labels(f"mlflow-{spec.name}", "workspace")
        password = secrets.derive(inputs.root_secret, "workspace", spec.name, spec.rotation)
        uri = mlflow_pod.uri(inputs.server_namespace)
        made = Provision(
            name,
            ProvisionInputs(
                namespace=inputs.server_namespace,
                image=inputs.image,
                command=tenancy_pod.command("tracking"),
                settings={"MLFLOW_TRACKING_URI": uri, "WORKSPACE": spec.name},
                credentials={
                    "ADMIN_USERNAME": SecretKey(mlflow.ADMIN_SECRET, "username"),
                    "ADMIN_PASSWORD": SecretKey(mlflow.ADMIN_SECRET, "password"),
                },
                secrets={"USER_PASSWORD": password},
                rotation=spec.rotation,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[inputs.server.server, inputs.server.service]),
        )
        self.secret = objects.secret(
            f"mlflow-{spec.name}",
            labels,
            inputs.namespace,
            {
                "MLFLOW_TRACKING_URI": uri,
                "MLFLOW_TRACKING_USERNAME": spec.name,
                "MLFLOW_TRACKING_PASSWORD": password,
                "MLFLOW_WORKSPACE": spec.name,
            },
            pulumi.ResourceOptions(parent=self, depends_on=[made]),
        )
        traffic.allow(
            mlflow_pod.NAME,
            f"{name}-traffic",
            inputs.namespace,
            {},
            child,
            out=([traffic.pods_of(inputs.server_namespace)], [traffic.tcp(mlflow_pod.PORT)]),
        )
        store = [traffic.tcp(traffic.port_of(inputs.object_store))]
        traffic.allow("artifacts", f"{name}-artifacts-traffic", inputs.namespace, {}, child, out=([], store))
        self.register_outputs({"secret": self.secret.metadata.name})
