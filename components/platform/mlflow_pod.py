"""The pod of the MLflow server: its settings, and the containers that prepare and serve."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pulumi_kubernetes as k8s

from components.foundation.contract import Contract
from components.kubernetes import pods
from components.kubernetes.pods import SecretKey
from components.platform.spec import MlflowSpec

NAME = "mlflow"
PORT = 5000
ADMIN = "admin"
PREPARE = Path(__file__).parent / "scripts" / "mlflow_prepare.py"


def auth_config(database_uri: str) -> str:
    """MLflow's basic_auth.ini: without a grant nobody sees anything."""
    return (
        "[mlflow]\n"
        "default_permission = NO_PERMISSIONS\n"
        f"database_uri = {database_uri}\n"
        f"admin_username = {ADMIN}\n"
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
        "grant_default_workspace_access = false\n"
    )


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
        "MLFLOW_AUTH_CONFIG_PATH": "/etc/mlflow/basic_auth.ini",
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join([f"{NAME}:*", *hosts, public, f"{public}:*"]),
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": contract.ingress.address(NAME),
        "MLFLOW_S3_ENDPOINT_URL": store.endpoint,
        "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE": "path" if store.path_style else "virtual",
        "AWS_DEFAULT_REGION": store.region,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }


def server(
    spec: MlflowSpec, image: str, plain: Mapping[str, str], hidden: Mapping[str, SecretKey]
) -> k8s.core.v1.ContainerArgs:
    """The server itself: one process that answers, as many pods as the spec says."""
    return k8s.core.v1.ContainerArgs(
        name=NAME,
        image=image,
        command=["mlflow", "server"],
        args=[
            "--app-name=basic-auth",
            "--enable-workspaces",
            "--host=0.0.0.0",
            f"--port={PORT}",
            "--workers=1",
        ],
        env=pods.environment(plain, hidden),
        ports=[k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT)],
        resources=pods.resources(spec.resources),
        security_context=pods.container_security(),
        startup_probe=_probe(period=1, failures=240),
        readiness_probe=_probe(period=5, failures=3),
        liveness_probe=_probe(period=20, failures=6),
        volume_mounts=_mounts(),
    )


def prepare(
    spec: MlflowSpec, image: str, plain: Mapping[str, str], hidden: Mapping[str, SecretKey]
) -> k8s.core.v1.ContainerArgs:
    """What runs before it: tables and admin as this version and this rotation want them."""
    return k8s.core.v1.ContainerArgs(
        name="prepare",
        image=image,
        command=["python3", "-u", f"/etc/mlflow/{PREPARE.name}"],
        env=pods.environment({**plain, "MLFLOW_ENABLE_WORKSPACES": "true"}, hidden),
        resources=pods.resources(spec.resources),
        security_context=pods.container_security(),
        volume_mounts=_mounts(),
    )


def _mounts() -> list[k8s.core.v1.VolumeMountArgs]:
    return [pods.mount("config", "/etc/mlflow", read_only=True), pods.mount("tmp", pods.TMP)]


def _probe(period: int, failures: int) -> k8s.core.v1.ProbeArgs:
    return k8s.core.v1.ProbeArgs(
        http_get=k8s.core.v1.HTTPGetActionArgs(
            path="/health",
            port="main",
            # The server refuses hosts that it wasn't told of, such as the pod's address.
            http_headers=[k8s.core.v1.HTTPHeaderArgs(name="Host", value=f"{NAME}:{PORT}")],
        ),
        period_seconds=period,
        timeout_seconds=5,
        failure_threshold=failures,
    )
