from __future__ import annotations

import json
import re
from typing import Any

import yaml

from tests.unit.components import stacks
from tests.unit.components.recorded import plain


def task() -> dict[str, Any]:
    """The pod of a task as the file in the ConfigMap says it."""
    resources = stacks.team()
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
    (servers,) = [item.pod for item in stacks.team() if item.pod]
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
    assert container()["envFrom"] == [{"secretRef": {"name": "worker-keys"}}]
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
