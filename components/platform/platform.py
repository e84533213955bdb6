"""What all teams share: MLflow, git repositories, the controllers of teams and of models, monitoring, workspaces."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.foundation.contract import Contract, SecretReference
from components.kubernetes import objects, provision, traffic
from components.kubernetes.images import Images
from components.kubernetes.provider import provider
from components.platform import (
    feature_registry,
    feature_registry_pod,
    git,
    grafana_settings,
    mlflow,
    mlflow_pod,
    monitoring_names,
    notebooks,
    notebooks_pod,
    serving_pod,
    tenancy_pod,
)
from components.platform.admission import Admission
from components.platform.airflow_template import AirflowTemplateInputs, airflow_template
from components.platform.contract import (
    Controller,
    FeatureRegistryAddress,
    Notebooks,
    PlatformContract,
    ServingController,
    database_template,
)
from components.platform.feature_registry import FeatureRegistry, FeatureRegistryInputs
from components.platform.git import Git, GitInputs
from components.platform.grafana import Grafana, GrafanaInputs, Metrics
from components.platform.mlflow import Mlflow, MlflowInputs
from components.platform.monitoring import Monitoring, MonitoringInputs
from components.platform.notebooks import Hub, HubInputs
from components.platform.object_store_admin import object_store_admin
from components.platform.serving import Serving, ServingInputs
from components.platform.spec import NAMESPACE, PlatformSpec
from components.platform.tenancy import Tenancy, TenancyInputs
from components.platform.tenancy_pod import Tools
from components.platform.workspace import Workspace, WorkspaceInputs

TRACKING_URI = mlflow_pod.uri(NAMESPACE)
REPOSITORIES_URI = f"http://{git.NAME}.{NAMESPACE}:{git.PORT}"
FEATURES_URI = feature_registry_pod.uri(NAMESPACE)
PROMETHEUS = Metrics(
    f"http://{monitoring_names.PROMETHEUS}.{NAMESPACE}:{monitoring_names.PROMETHEUS_PORT}",
    monitoring_names.USER,
    monitoring_names.secret(monitoring_names.PROMETHEUS),
)


@dataclass(frozen=True)
class PlatformInputs:
    """What the platform needs besides its spec."""

    contract: Contract
    images: Images
    root_secret: pulumi.Output[str]


class Platform(pulumi.ComponentResource):
    """The platform; `addresses` and `credentials` are for people: where tools are and which Secrets open them.

    `contract` is for the teams' stacks.
    """

    contract: PlatformContract
    addresses: dict[str, str]
    credentials: dict[str, dict[str, str]]

    def __init__(
        self, name: str, spec: PlatformSpec, inputs: PlatformInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:Platform", name, None, opts)
        cluster = provider(inputs.contract.kube_context, pulumi.ResourceOptions(parent=self))
        child = pulumi.ResourceOptions(parent=self, providers=[cluster])
        direct = pulumi.ResourceOptions(parent=self, provider=cluster)
        image, tenancy = inputs.images.reference("mlflow"), inputs.images.reference("tenancy")
        namespace = objects.namespace(NAMESPACE, direct).metadata.name
        traffic.deny_all(namespace, NAMESPACE, direct)
        traffic.allow(
            "provision",
            f"{NAMESPACE}-provision-traffic",
            namespace,
            {"app.kubernetes.io/component": provision.COMPONENT},
            direct,
            out=([traffic.pods_of(NAMESPACE)], [traffic.tcp(mlflow_pod.PORT)]),
        )
        server = Mlflow(
            mlflow_pod.NAME,
            spec.mlflow,
            MlflowInputs(inputs.contract, namespace, NAMESPACE, image, tenancy, inputs.root_secret),
            child,
        )
        Git(
            git.NAME,
            spec.git,
            GitInputs(inputs.contract, namespace, inputs.images.reference("git"), inputs.root_secret),
            child,
        )
        FeatureRegistry(
            feature_registry_pod.NAME,
            spec.features,
            FeatureRegistryInputs(
                inputs.contract, namespace, inputs.images.reference("feast"), tenancy, inputs.root_secret
            ),
            child,
        )
        for workspace in spec.workspaces:
            own = objects.namespace(workspace.namespace, direct).metadata.name
            traffic.deny_all(own, workspace.namespace, direct)
            Workspace(
                f"workspace-{workspace.name}",
                workspace,
                WorkspaceInputs(
                    server, NAMESPACE, own, inputs.contract.object_store.endpoint, tenancy, inputs.root_secret
                ),
                child,
            )
        Tenancy(tenancy_pod.NAME, TenancyInputs(tools(inputs.contract), namespace, tenancy), child)
        Serving(
            serving_pod.NAME,
            ServingInputs(inputs.contract, namespace, inputs.images.reference("modelservice")),
            child,
        )
        monitoring = Monitoring(
            "monitoring",
            spec.monitoring,
            MonitoringInputs(
                inputs.contract, namespace, inputs.images.reference("monitoring"), tenancy, inputs.root_secret
            ),
            child,
        )
        grafana = Grafana(
            grafana_settings.NAME,
            spec.monitoring.grafana,
            GrafanaInputs(
                inputs.contract, namespace, inputs.images.reference("monitoring"), PROMETHEUS, inputs.root_secret
            ),
            child,
        )
        self.addresses = {mlflow_pod.NAME: server.address, **monitoring.addresses, **grafana.addresses}
        self.credentials = {
            mlflow_pod.NAME: {
                "namespace": NAMESPACE,
                "secret": mlflow.ADMIN_SECRET,
                "user_key": "username",
                "password_key": "password",
            },
            **monitoring.credentials,
            **grafana.credentials,
        }
        if spec.notebooks is not None:
            hub = Hub(
                notebooks_pod.NAME,
                spec.notebooks,
                HubInputs(
                    inputs.contract,
                    namespace,
                    NAMESPACE,
                    inputs.images.reference("jupyterhub"),
                    tenancy,
                    inputs.root_secret,
                ),
                child,
            )
            self.addresses[notebooks_pod.TOOL] = hub.address
            self.credentials[notebooks_pod.TOOL] = hub.credentials
        Admission("admission", inputs.contract.image_registry, child)
        airflow_template(AirflowTemplateInputs(inputs.contract, inputs.images.reference("airflow")), child)
        promised = notebooks.promise(spec.notebooks, inputs.contract, NAMESPACE) if spec.notebooks else None
        self.contract = promise(inputs, grafana=spec.monitoring.grafana.image is not None, hub=promised)
        self.register_outputs(
            {"addresses": self.addresses, "credentials": self.credentials, "contract": self.contract.to_outputs()}
        )


def tools(contract: Contract) -> Tools:
    """What the tenancy controller looks after."""

    def own_admin(name: str) -> SecretReference:
        return SecretReference(
            namespace=NAMESPACE, name=name, user_key=objects.USER_KEY, password_key=objects.PASSWORD_KEY
        )

    return Tools(
        contract=contract,
        store_admin=object_store_admin(contract),
        tracking_uri=TRACKING_URI,
        tracking_admin=own_admin(mlflow.ADMIN_SECRET),
        repositories_uri=REPOSITORIES_URI,
        repositories_admin=own_admin(git.ADMIN_SECRET),
        features_uri=FEATURES_URI,
        features_admin=own_admin(feature_registry.ADMIN_SECRET),
    )


def promise(inputs: PlatformInputs, *, grafana: bool = False, hub: Notebooks | None = None) -> PlatformContract:
    """What teams are promised."""
    return PlatformContract(
        foundation=inputs.contract,
        namespace=NAMESPACE,
        tracking_uri=TRACKING_URI,
        repositories_uri=REPOSITORIES_URI,
        repositories_address=inputs.contract.ingress.address(git.NAME),
        database_template=database_template(inputs.images.reference("airflow")),
        controller=Controller(namespace=NAMESPACE, service_account=tenancy_pod.ACCOUNT),
        serving=ServingController(namespace=NAMESPACE, service_account=serving_pod.ACCOUNT, port=serving_pod.PORT),
        features=FeatureRegistryAddress(uri=FEATURES_URI, grpc=feature_registry_pod.grpc(NAMESPACE)),
        grafana=grafana,
        notebooks=hub,
    )
