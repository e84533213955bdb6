from __future__ import annotations

import json

import pytest

from mlp import job
from mlp.example import result, sentence

IMAGE = "100.64.0.1:5000/mlplatform/training@sha256:" + "a" * 64


def test_restricted_pod_by_digest_without_a_token() -> None:
    made = job.manifest("example", "space", IMAGE, ["python"], "mlflow-examples", {"B": "2", "A": "1"})
    pod = made["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container["image"] == IMAGE
    assert set(container["resources"]) == {"requests", "limits"}
    assert container["envFrom"] == [{"secretRef": {"name": "mlflow-examples"}}]
    assert container["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]


def test_pods_are_found_by_the_jobs_labels() -> None:
    made = job.manifest("example", "space", IMAGE, ["python"], "s", {})
    assert made["spec"]["template"]["metadata"]["labels"] == made["metadata"]["labels"]
    assert made["metadata"]["labels"]["app.kubernetes.io/name"] == "example"


@pytest.mark.parametrize(("image", "command"), [(IMAGE.replace("a", "b"), ["python"]), (IMAGE, ["python", "-v"])])
def test_another_image_or_command_is_another_job(image: str, command: list[str]) -> None:
    first = job.name_of("example", IMAGE, ["python"])
    assert first == job.name_of("example", IMAGE, ["python"])
    assert job.name_of("example", image, command) != first


def test_result_is_the_last_line_of_its_kind() -> None:
    mean = {"mean": 0.3, "low": 0.2, "high": 0.4}
    found = {"ndcg": mean, "ndcg_popularity": mean, "ndcg_difference": mean, "model_version": "2"}
    lines = ["training", 'result: {"old": 1}', f"result: {json.dumps(found)}"]
    assert result(lines) == found
    assert "NDCG@10 0.300" in sentence(result(lines))
    assert "version 2" in sentence(result(lines))


def test_without_a_log_there_is_no_result() -> None:
    assert result([]) is None
    assert "log is gone" in sentence(None)
