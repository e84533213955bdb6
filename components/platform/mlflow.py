"""The MLflow server: tracking and model registry, workspaces apart from each other, every request signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pulumi
import pulumi_kubernetes as k8s

from components import versions
from components.foundation.contract import Contract
from components.kubernetes import labels as label
from components.kubernetes import objects, pods, secrets, traffic
from components.kubernetes.pods import SecretKey
from components.platform.bucket_grant import BucketGrant, BucketGrantInputs
from components.platform.database_grant import DatabaseGrant, DatabaseGrantInputs
from components.platform.spec import MlflowSpec

NAME = "mlflow"
PORT = 5000
ADMIN = "admin"
ADMIN_SECRET = "mlflow-admin"  # noqa: S105 - the name of a Secret, not its value
PREPARE = Path(__file__).parent / "scripts" / "mlflow_prepare.py"


@dataclass(frozen=True)
class MlflowInputs:
    """What the server needs from others."""

    contract: Contract
    namespace: pulumi.Input[str]
    namespace_name: str
    """The same name, known before the namespace is made."""
    image: str
    root_secret: pulumi.Output[str]


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


def settings(inputs: MlflowInputs, database_uri: str, bucket_uri: str) -> dict[str, str]:
    """Environment of the server; the rest of its secrets comes from Secrets."""
    store = inputs.contract.object_store
    name = inputs.namespace_name
    hosts = [f"{NAME}{suffix}:*" for suffix in (f".{name}", f".{name}.svc", f".{name}.svc.cluster.local")]
    public = inputs.contract.ingress.host(NAME)
    return {
        "HOME": pods.TMP,
        "MLFLOW_BACKEND_STORE_URI": database_uri,
        "MLFLOW_ARTIFACTS_DESTINATION": bucket_uri,
        "MLFLOW_AUTH_CONFIG_PATH": "/etc/mlflow/basic_auth.ini",
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join([f"{NAME}:*", *hosts, public, f"{public}:*"]),
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": inputs.contract.ingress.address(NAME),
        "MLFLOW_S3_ENDPOINT_URL": store.endpoint,
        "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE": "path" if store.path_style else "virtual",
        "AWS_DEFAULT_REGION": store.region,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }


def port_of(url: str) -> int:
    """The port that a URL leads to."""
    parts = urlsplit(url)
    return parts.port or {"http": 80, "https": 443}[parts.scheme]


class Mlflow(pulumi.ComponentResource):
    """Database, bucket, Secrets, Deployment, Service, ingress route and network policies."""

    server: k8s.apps.v1.Deployment
    service: k8s.core.v1.Service
    address: str

    def __init__(
        self, name: str, spec: MlflowSpec, inputs: MlflowInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:Mlflow", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = label.labels(NAME, "tracking", versions.MLFLOW), label.selector(NAME, "tracking")

        def derived(purpose: str) -> pulumi.Output[str]:
            return secrets.derive(inputs.root_secret, NAME, purpose, spec.rotation)

        database = DatabaseGrant(
            f"{name}-database",
            NAME,
            DatabaseGrantInputs(inputs.contract, inputs.image, derived("database"), spec.rotation),
            child,
        )
        bucket = BucketGrant(
            f"{name}-bucket",
            NAME,
            BucketGrantInputs(inputs.contract, inputs.image, derived("bucket"), spec.rotation),
            child,
        )
        admin = objects.secret(
            ADMIN_SECRET, labels, inputs.namespace, {"username": ADMIN, "password": derived("admin")}, child
        )
        keys = objects.secret(
            f"{name}-keys",
            labels,
            inputs.namespace,
            {
                "database-password": derived("database"),
                "access-key": NAME,
                "secret-key": derived("bucket"),
                "session-key": derived("session"),
            },
            child,
        )
        config = k8s.core.v1.ConfigMap(
            f"{name}-config",
            metadata=objects.metadata(f"{name}-config", labels, inputs.namespace),
            data={"basic_auth.ini": auth_config(database.uri), PREPARE.name: PREPARE.read_text("utf-8")},
            opts=child,
        )
        hidden = {
            "PGPASSWORD": SecretKey(keys.metadata.name, "database-password"),
            "AWS_ACCESS_KEY_ID": SecretKey(keys.metadata.name, "access-key"),
            "AWS_SECRET_ACCESS_KEY": SecretKey(keys.metadata.name, "secret-key"),
            "MLFLOW_FLASK_SERVER_SECRET_KEY": SecretKey(keys.metadata.name, "session-key"),
            "MLFLOW_AUTH_ADMIN_PASSWORD": SecretKey(admin.metadata.name, "password"),
        }
        plain = settings(inputs, database.uri, bucket.uri)
        self.server = k8s.apps.v1.Deployment(
            f"{name}-server",
            metadata=objects.metadata(name, labels, inputs.namespace),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=spec.replicas,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector),
                strategy=k8s.apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
                ),
                template=pods.template(
                    labels,
                    [_server(spec, inputs.image, plain, hidden)],
                    [pods.files("config", config.metadata.name), pods.scratch("tmp", "2Gi")],
                    annotations={"mlplatform/rotation": str(spec.rotation)},
                    prepare=[_prepare(spec, inputs.image, plain, hidden)],
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[database, bucket]),
        )
        self.service = objects.service(name, labels, inputs.namespace, selector, PORT, child)
        self.address = inputs.contract.ingress.address(NAME)
        _route(name, labels, inputs, self.service, child)
        _traffic(name, selector, inputs, child)
        self.register_outputs({"address": self.address})


def _server(
    spec: MlflowSpec, image: str, plain: Mapping[str, str], hidden: Mapping[str, SecretKey]
) -> k8s.core.v1.ContainerArgs:
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


def _prepare(
    spec: MlflowSpec, image: str, plain: Mapping[str, str], hidden: Mapping[str, SecretKey]
) -> k8s.core.v1.ContainerArgs:
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


def _route(
    name: str,
    labels: Mapping[str, str],
    inputs: MlflowInputs,
    service: k8s.core.v1.Service,
    opts: pulumi.ResourceOptions,
) -> k8s.networking.v1.Ingress:
    backend = k8s.networking.v1.IngressBackendArgs(
        service=k8s.networking.v1.IngressServiceBackendArgs(
            name=service.metadata.name, port=k8s.networking.v1.ServiceBackendPortArgs(name="main")
        )
    )
    path = k8s.networking.v1.HTTPIngressPathArgs(path="/", path_type="Prefix", backend=backend)
    return k8s.networking.v1.Ingress(
        f"{name}-route",
        metadata=objects.metadata(name, labels, inputs.namespace),
        spec=k8s.networking.v1.IngressSpecArgs(
            ingress_class_name=inputs.contract.ingress.class_name,
            rules=[
                k8s.networking.v1.IngressRuleArgs(
                    host=inputs.contract.ingress.host(NAME),
                    http=k8s.networking.v1.HTTPIngressRuleValueArgs(paths=[path]),
                )
            ],
        ),
        opts=opts,
    )


def _traffic(
    name: str, selector: Mapping[str, str], inputs: MlflowInputs, opts: pulumi.ResourceOptions
) -> k8s.networking.v1.NetworkPolicy:
    contract = inputs.contract
    return traffic.allow(
        name,
        f"{name}-traffic",
        inputs.namespace,
        selector,
        opts,
        into=(
            [traffic.platform_pods(), *traffic.addresses(contract.ingress.source_ranges)],
            [traffic.tcp(PORT)],
        ),
        out=([], [traffic.tcp(contract.database.port), traffic.tcp(port_of(contract.object_store.endpoint))]),
    )
