from __future__ import annotations

import json

import pulumi
import pytest

from components.platform import PlatformInputs, contract
from components.platform.contract import PlatformContract, database_template
from components.platform.platform import promise
from tests.unit.components import stacks


def promised() -> PlatformContract:
    return promise(PlatformInputs(stacks.contract(), stacks.IMAGES, pulumi.Output.secret(stacks.ROOT)))


def test_outputs_come_back_as_they_were() -> None:
    outputs = {contract.OUTPUT: json.loads(json.dumps(promised().to_outputs()))}
    assert PlatformContract.from_outputs(outputs, "local-platform") == promised()


def test_it_says_where_the_tools_are() -> None:
    assert promised().foundation == stacks.contract()
    assert promised().tracking_uri == "http://mlflow.mlp-platform:5000"
    assert promised().repositories_uri == "http://git.mlp-platform:8000"
    assert promised().repositories_address == "http://git.localhost:8080"


def test_the_template_is_that_of_the_image() -> None:
    assert database_template(f"registry.test:5000/mlplatform/airflow@sha256:{'ab' * 32}") == "airflow-" + "ab" * 6
    assert promised().database_template == database_template(stacks.IMAGES.reference("airflow"))


def test_a_platform_that_is_not_up_is_said_with_the_command() -> None:
    with pytest.raises(pulumi.RunError, match=r"(?s)local-platform isn't up.*fix: run `pulumi up -s local-platform`"):
        PlatformContract.from_outputs({"addresses": {}}, "local-platform")


def test_a_contract_of_another_version_is_refused() -> None:
    outputs = {contract.OUTPUT: {**promised().to_outputs(), "version": 2}}
    with pytest.raises(pulumi.RunError, match=r"made by another version: platform\.version"):
        PlatformContract.from_outputs(outputs, "local-platform")


def test_each_field_is_explained() -> None:
    for sort in (PlatformContract, contract.Controller):
        assert all(field.description for field in sort.model_fields.values())
