from __future__ import annotations

import json
import re
from typing import Any

import yaml

from tests.unit.components import stacks
from tests.unit.components.recorded import plain


def task(team: str = "recsys") -> dict[str, Any]:
    """The pod of a task as the file in the ConfigMap says it; recsys serves no models."""
    resources = stacks.team(stacks.team_spec(team))
    (config,) = [item for item in resources if item.name == "airflow-config"]
    assert set(config.inputs["data"]) == {"pod-template.yaml"}
    found: dict[str, Any] = yaml.safe_load(config.inputs["data"]["pod-template.yaml"])
    return found


def container() -> dict[str, Any]:
    (found,) = task()["spec"]["containers"]
    return dict(found)


def test_airflow_finds_the_file_and_its_container() -> None:
    assert container()["name"] == "base"
    assert task()["kind"] == "Pod"
    assert not {"command", "args"} & set(container()), "the executor gives the arguments, the image runs them"
    (servers,) = [item.pod for item in stacks.team() if item.pod and item.metadata["name"] == "airflow"]
    airflow = servers["spec"]["containers"][0]
    variable = {entry["name"]: entry.get("value") for entry in airflow["env"]}
    path = variable["AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE"]
    (mount,) = [found for found in airflow["volumeMounts"] if found["name"] == "config"]
    assert path == f"{mount['mountPath']}/pod-template.yaml"


def test_it_is_restricted_and_has_no_token() -> None:
    spec = task()["spec"]
    assert spec["serviceAccountName"] == "worker"
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert spec["restartPolicy"] == "Never"
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    own = container()["securityContext"]
    assert own["allowPrivilegeEscalation"] is False
    assert own["readOnlyRootFilesystem"] is True
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert [list(volume)[1:] for volume in spec["volumes"]] == [["emptyDir"]]


def test_it_runs_our_image_by_digest() -> None:
    image = container()["image"]
    assert re.fullmatch(r"registry\.test:5000/mlplatform/airflow-worker@sha256:[0-9a-f]{64}", image)


def test_it_asks_for_what_the_spec_says() -> None:
    assert container()["resources"] == {
        "requests": {"cpu": "100m", "memory": "512Mi"},
        "limits": {"memory": "512Mi"},
    }


def test_its_environment_is_plain_or_one_secret() -> None:
    assert container()["envFrom"] == [
        {"secretRef": {"name": "worker-keys"}},
        {"secretRef": {"name": "feature-keys"}},
    ]
    variables = {entry["name"]: entry["value"] for entry in container()["env"]}
    assert {"AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER"} <= set(variables)
    assert not [name for name in variables if re.search("SQL_ALCHEMY|FERNET|JWT|PASSWORD|SECRET", name)]
    secrets = {
        value
        for item in stacks.team()
        if item.type.endswith(":Secret")
        for value in plain(item.inputs["stringData"]).values()
        if len(value) >= 40 and not value.startswith("http")
    }
    assert secrets
    assert not [value for value in secrets if value in json.dumps(task())]


def test_where_the_team_serves_models_a_task_can_tell_these_of_a_version() -> None:
    spec = task("search")["spec"]
    (own,) = spec["containers"]
    assert spec["automountServiceAccountToken"] is False, "for this container alone, and no longer than an hour"
    assert {"name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": True} in own[
        "volumeMounts"
    ]
    (volume,) = [found for found in spec["volumes"] if found["name"] == "token"]
    kinds = [next(iter(source)) for source in volume["projected"]["sources"]]
    assert kinds == ["serviceAccountToken", "configMap", "downwardAPI"]
    variables = {entry["name"]: entry["value"] for entry in own["env"]}
    assert re.fullmatch(r"registry\.test:5000/mlplatform/serving@sha256:[0-9a-f]{64}", variables["MLP_SERVING_IMAGE"])


def test_a_task_may_tell_its_teams_own_model_services_alone() -> None:
    (role,) = [item for item in stacks.team() if item.type.endswith(":Role") and item.metadata["name"] == "worker"]
    (rule,) = role.inputs["rules"]
    assert rule["apiGroups"] == ["mlplatform.dev"] and rule["resources"] == ["modelservices"]
    assert sorted(rule["verbs"]) == ["get", "patch"]
    assert rule["resourceNames"] == [model.name for model in stacks.team_spec("search").models]
    none = [item.metadata["name"] for item in stacks.team(stacks.team_spec("recsys")) if item.type.endswith(":Role")]
    assert "worker" not in none
