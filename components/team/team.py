"""One team: its namespace with all that is in it, and its part of the shared tools."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.kubernetes import labels as label
from components.kubernetes import objects
from components.kubernetes.images import Images
from components.kubernetes.provider import provider
from components.platform.contract import PlatformContract
from components.team import airflow_settings, alerts, network, quota
from components.team.access import Access
from components.team.airflow import Airflow, AirflowInputs
from components.team.feature_store import FeatureStore, FeatureStoreInputs
from components.team.grafana_source import grafana_source
from components.team.keys import Keys, KeysInputs, derived
from components.team.model_services import ModelServices, ModelServicesInputs
from components.team.names import AIRFLOW, AIRFLOW_KEYS, FEATURE_KEYS, FEATURES, TUNING, TUNING_KEYS
from components.team.notebooks import TeamNotebooks, TeamNotebooksInputs, check_people
from components.team.spec import TeamSpec
from components.team.tenant import tenant
from components.team.tuning import Tuning, TuningInputs


@dataclass(frozen=True)
class TeamInputs:
    """What a team needs besides its spec."""

    platform: PlatformContract
    images: Images
    root_secret: pulumi.Output[str]


class Team(pulumi.ComponentResource):
    """The team; what it exports is for people: addresses, and which Secrets open what is there."""

    addresses: dict[str, str]
    credentials: dict[str, dict[str, str]]
    repository: str
    models: dict[str, str]

    def __init__(
        self, name: str, spec: TeamSpec, inputs: TeamInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:team:Team", name, None, opts)
        platform = inputs.platform
        cluster = provider(platform.foundation.kube_context, pulumi.ResourceOptions(parent=self))
        child = pulumi.ResourceOptions(parent=self, providers=[cluster])
        direct = pulumi.ResourceOptions(parent=self, provider=cluster)
        namespace = objects.namespace(spec.id, direct, {label.TEAM: spec.name}).metadata.name
        bounds = [
            quota.quota(spec.quota, namespace, direct),
            quota.limits(spec.airflow.worker, namespace, direct),
        ]
        network.network(spec.id, platform, namespace, direct, packs=bool(spec.models))
        alerts.route(spec.alerts, namespace, platform.namespace, direct)
        served = [model.name for model in spec.models]
        access = Access("access", namespace, platform.controller, child, models=served)
        keys = Keys("keys", spec, KeysInputs(platform, namespace, inputs.root_secret), child)
        # The order of a rotation too: passwords, then all tools take them, then pods start with them.
        granted = tenant(
            spec,
            namespace,
            platform.database_template,
            airflow_settings.check_url(spec),
            pulumi.ResourceOptions(parent=self, provider=cluster, depends_on=[keys, access]),
        )
        airflow = Airflow(
            AIRFLOW,
            spec,
            AirflowInputs(
                platform=platform,
                namespace=namespace,
                image=inputs.images.reference("airflow"),
                worker_image=inputs.images.reference("airflow-worker"),
                statsd_image=inputs.images.reference("statsd-exporter"),
                notebook_images={
                    "notebook-small": inputs.images.reference("notebook-small"),
                    "notebook": inputs.images.optional("notebook"),
                },
                serving_image=inputs.images.reference("serving") if spec.models else "",
                features_image=inputs.images.reference("feast") if spec.features else "",
            ),
            pulumi.ResourceOptions(parent=self, providers=[cluster], depends_on=[granted, *bounds]),
        )
        models = ModelServices(
            "models",
            spec,
            ModelServicesInputs(platform, namespace, derived(inputs.root_secret, spec, spec.rotation)),
            pulumi.ResourceOptions(parent=self, providers=[cluster], depends_on=[granted, *bounds]),
        )
        if platform.grafana:
            now = derived(inputs.root_secret, spec, spec.rotation)
            after = pulumi.ResourceOptions(parent=self, provider=cluster, depends_on=[granted])
            grafana_source(spec, platform, namespace, now("database"), after)
        self.addresses = {AIRFLOW: airflow.address}
        # Apart from the others: who asks them whether they are there wakes them up.
        self.models = models.addresses
        self.credentials = {
            AIRFLOW: _opens(spec, "admin-username", "admin-password"),
            "repository": _opens(spec, "repository-username", "repository-password"),
        }
        tuning = Tuning(
            TUNING,
            spec,
            TuningInputs(platform, namespace, inputs.root_secret, inputs.images.reference("tuning")),
            pulumi.ResourceOptions(parent=self, providers=[cluster], depends_on=[granted, *bounds]),
        )
        if tuning.address is not None:
            self.addresses[TUNING] = tuning.address
            self.credentials[TUNING] = {
                "namespace": spec.id,
                "secret": TUNING_KEYS,
                "user_key": "dashboard-username",
                "password_key": "dashboard-password",
            }
        if spec.notebooks is not None:
            hub = check_people(spec.notebooks, platform.notebooks, spec.platform)
            TeamNotebooks(
                "notebooks",
                spec.notebooks,
                hub,
                TeamNotebooksInputs(platform, namespace, spec.id, inputs.images),
                pulumi.ResourceOptions(parent=self, providers=[cluster], depends_on=[granted, *bounds]),
            )
        if spec.features is not None:
            store = FeatureStore(
                FEATURES,
                spec,
                spec.features,
                FeatureStoreInputs(
                    platform,
                    namespace,
                    derived(inputs.root_secret, spec, spec.rotation),
                    inputs.images.reference("feast"),
                ),
                pulumi.ResourceOptions(parent=self, providers=[cluster], depends_on=[granted, *bounds]),
            )
            self.addresses[FEATURES] = store.address
            self.credentials[FEATURES] = {
                "namespace": spec.id,
                "secret": FEATURE_KEYS,
                "user_key": "FEATURES_PROJECT",
                "password_key": "FEATURES_KEY",
            }
        self.repository = f"{platform.repositories_address}/{spec.id}.git"
        self.register_outputs(
            {
                "addresses": self.addresses,
                "credentials": self.credentials,
                "repository": self.repository,
                "models": self.models,
            }
        )


def _opens(spec: TeamSpec, user_key: str, password_key: str) -> dict[str, str]:
    return {"namespace": spec.id, "secret": AIRFLOW_KEYS, "user_key": user_key, "password_key": password_key}
