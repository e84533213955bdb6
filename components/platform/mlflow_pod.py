"""The pod of the MLflow server. The image prepares database and administrator itself (images/mlflow/serve.py)."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_kubernetes as k8s

from components.foundation.contract import Contract
from components.kubernetes import pods
from components.kubernetes.pods import SecretKey
from components.platform.spec import MlflowSpec

NAME = "mlflow"
PORT = 5000
METRICS_PORT = 9464
"""Metrics without a password, which MLflow's own /metrics wants."""
ADMIN = "admin"
HOST = {"Host": f"{NAME}:{PORT}"}
"""Of probes: the server refuses hosts that it wasn't told of, such as the pod's address."""


def uri(namespace: str) -> str:
    """The server, for pods."""
    return f"http://{NAME}.{namespace}:{PORT}"


def settings(contract: Contract, namespace: str, database_uri: str, bucket_uri: str) -> dict[str, str]:
    """Environment of the server; the rest of its secrets comes from Secrets."""
    store = contract.object_store
    hosts = [
        f"{NAME}{suffix}:*" for suffix in (f".{namespace}", f".{namespace}.svc", f".{namespace}.svc.cluster.local")
    ]
    public = contract.ingress.host(NAME)
    return {
        "HOME": pods.TMP,
        "MLFLOW_BACKEND_STORE_URI": database_uri,
        "MLFLOW_ARTIFACTS_DESTINATION": bucket_uri,
        "MLFLOW_AUTH_ADMIN_USERNAME": ADMIN,
        "MLFLOW_PORT": str(PORT),
        "METRICS_PORT": str(METRICS_PORT),
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join([f"{NAME}:*", *hosts, public, f"{public}:*"]),
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": contract.ingress.address(NAME),
        "MLFLOW_S3_ENDPOINT_URL": store.endpoint,
        "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE": "path" if store.path_style else "virtual",
        "AWS_DEFAULT_REGION": store.region,
    }


def server(
    spec: MlflowSpec, image: str, plain: Mapping[str, str], hidden: Mapping[str, SecretKey]
) -> k8s.core.v1.ContainerArgs:
    """The server itself: one process that answers, as many pods as the spec says."""
    return k8s.core.v1.ContainerArgs(
        name=NAME,
        image=image,
        env=pods.environment(plain, hidden),
        ports=[
            k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT),
            k8s.core.v1.ContainerPortArgs(name="metrics", container_port=METRICS_PORT),
        ],
        resources=pods.resources(spec.resources),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/health", headers=HOST, period=1, failures=240),
        readiness_probe=pods.http_probe("/health", headers=HOST, period=5, failures=3),
        liveness_probe=pods.http_probe("/health", headers=HOST, period=20, failures=6),
        volume_mounts=[pods.mount("tmp", pods.TMP)],
    )
