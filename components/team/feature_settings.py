"""How Feast is told where a team's features are: files that name secrets by environment variables alone."""

from __future__ import annotations

import json
from typing import Any

import pulumi

from components.platform.contract import PlatformContract
from components.team import feature_job
from components.team.feature_names import APPLY_FILE, CLIENT_FILE, WORKER_FILE
from components.team.feature_spec import FeatureStoreSpec
from components.team.keys import Derive
from components.team.names import FEATURES
from components.team.spec import TeamSpec

SERVICE_PORT = 80


def project(spec: TeamSpec) -> str:
    """Of the team in Feast, which takes no '-' there."""
    return spec.id.replace("-", "_")


def address(spec: TeamSpec) -> str:
    """The feature server, for pods."""
    return f"http://{FEATURES}.{spec.id}"


def files(spec: TeamSpec, features: FeatureStoreSpec, platform: PlatformContract, image: str) -> dict[str, str]:
    """Of ConfigMap feature-store. JSON is YAML, and has one way to write each text."""
    return {
        CLIENT_FILE: _file(spec, platform, {"type": "remote", "path": address(spec)}),
        WORKER_FILE: _file(
            spec, platform, {"type": "mlplatform_features.writer.ServerOnlineStore", "path": address(spec)}
        ),
        APPLY_FILE: json.dumps(feature_job.job(spec.id, image, features.worker), indent=2) + "\n",
    }


def _file(spec: TeamSpec, platform: PlatformContract, online: dict[str, Any]) -> str:
    found = {
        "project": project(spec),
        "provider": "local",
        "entity_key_serialization_version": 3,
        "registry": {"registry_type": "remote", "path": platform.features.grpc},
        # Feast's name for a key that is sent as it is.
        "auth": {"type": "oidc", "token": "${FEATURES_KEY}"},
        "offline_store": {"type": "file"},
        "online_store": online,
    }
    return json.dumps(found, indent=2) + "\n"


def keys(spec: TeamSpec, now: Derive) -> dict[str, pulumi.Input[str]]:
    """The environment of whoever uses features."""
    return {"FEATURES_KEY": now("features"), "FEATURES_URL": address(spec), "FEATURES_PROJECT": project(spec)}


def database(spec: TeamSpec, platform: PlatformContract, now: Derive) -> dict[str, pulumi.Input[str]]:
    """Where online values are, for the feature server alone: the schema `features` of the team's database."""
    place = platform.foundation.database.place(spec.id)
    return {"DATABASE_URL": pulumi.Output.concat(f"postgresql://{spec.id}:", now("database"), f"@{place}")}


def tasks(spec: TeamSpec, image: str) -> dict[str, str]:
    """What Airflow's servers are told, which make tasks' pods: the container beside one that works on features."""
    if spec.features is None:
        return {}
    return {
        "MLP_FEATURES_IMAGE": image,
        "MLP_FEATURES_CPU": spec.features.worker.cpu,
        "MLP_FEATURES_MEMORY": spec.features.worker.memory,
    }
