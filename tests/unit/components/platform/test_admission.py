from __future__ import annotations

import re

import pytest

from components.platform import admission
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded

REGISTRY = "registry.test:5000/eu"
DIGEST = "sha256:" + "0a" * 32


def made(kind: str) -> Recorded:
    (found,) = [
        item for item in stacks.platform() if item.type.endswith(f":{kind}") and item.metadata["name"] == admission.NAME
    ]
    return found


@pytest.mark.parametrize("name", ["airflow", "airflow-worker"])
def test_our_images_by_digest_are_let_in(name: str) -> None:
    assert re.search(admission.allowed(REGISTRY), f"{REGISTRY}/mlplatform/{name}@{DIGEST}")


@pytest.mark.parametrize(
    "image",
    [
        f"{REGISTRY}/mlplatform/airflow:latest",
        f"{REGISTRY}/mlplatform/airflow:latest@{DIGEST}",
        f"{REGISTRY}/mlplatform/airflow",
        f"{REGISTRY}/mlplatform/airflow@{DIGEST[:-1]}",
        f"{REGISTRY}/mlplatform/airflow@{DIGEST}0",
        f"{REGISTRY}/mlplatform/a/b@{DIGEST}",
        f"{REGISTRY}/other/airflow@{DIGEST}",
        f"registryxtest:5000/eu/mlplatform/airflow@{DIGEST}",
        f"evil.test/{REGISTRY}/mlplatform/airflow@{DIGEST}",
        f"docker.io/library/python@{DIGEST}",
        "python",
        "",
    ],
)
def test_nothing_else_is(image: str) -> None:
    assert not re.search(admission.allowed(REGISTRY), image)


def test_every_sort_of_container_counts() -> None:
    for name in ("containers", "initContainers", "ephemeralContainers"):
        assert f"object.spec.{name}.map(" in admission.images()
    assert "v.image.reference" in admission.images()
    (rule,) = made("ValidatingAdmissionPolicy").inputs["spec"]["matchConstraints"]["resourceRules"]
    assert rule["resources"] == ["pods", "pods/ephemeralcontainers"]
    assert rule["operations"] == ["CREATE", "UPDATE"]


def test_it_refuses_when_it_cannot_judge_and_says_the_fix() -> None:
    spec = made("ValidatingAdmissionPolicy").inputs["spec"]
    assert spec["failurePolicy"] == "Fail"
    (validation,) = spec["validations"]
    assert validation["expression"] == "variables.others.size() == 0"
    assert f"fix: use {stacks.contract().image_registry}/mlplatform/<name>@sha256:" in validation["messageExpression"]


def test_it_binds_teams_and_nobody_else() -> None:
    spec = made("ValidatingAdmissionPolicyBinding").inputs["spec"]
    assert spec["policyName"] == made("ValidatingAdmissionPolicy").metadata["name"]
    assert spec["validationActions"] == ["Deny"]
    assert spec["matchResources"]["namespaceSelector"]["matchExpressions"] == [
        {"key": "mlplatform.dev/team", "operator": "Exists"}
    ]
    spaces = [item for item in stacks.shipped() if item.type == "kubernetes:core/v1:Namespace"]
    labelled = [item.name for item in spaces if "mlplatform.dev/team" in item.metadata["labels"]]
    assert labelled == ["team-search"]
