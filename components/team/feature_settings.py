"""How Feast is told where a team's features are: files that name secrets by environment variables alone."""

from __future__ import annotations

import json
from typing import Any

import pulumi

from components.platform.contract import PlatformContract
from components.team.keys import Derive
from components.team.names import FEATURES
from components.team.spec import TeamSpec

CLIENT_FILE = "feature_store.yaml"
"""For notebooks, jobs and tasks: they read online what the feature server lets them."""
WORKER_FILE = "worker.yaml"
"""For what puts values online (images/feast)."""
FOLDER = "/etc/feast"
SERVICE_PORT = 80


def project(spec: TeamSpec) -> str:
    """Of the team in Feast, which takes no '-' there."""
    return spec.id.replace("-", "_")


def address(spec: TeamSpec) -> str:
    """The feature server, for pods."""
    return f"http://{FEATURES}.{spec.id}"


def files(spec: TeamSpec, platform: PlatformContract) -> dict[str, str]:
    """Of ConfigMap feature-store. JSON is YAML, and has one way to write each text."""
    return {
        CLIENT_FILE: _file(spec, platform, {"type": "remote", "path": address(spec)}),
        WORKER_FILE: _file(
            spec, platform, {"type": "mlplatform_features.writer.ServerOnlineStore", "path": address(spec)}
        ),
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
