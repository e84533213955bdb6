from __future__ import annotations

import json
import re

import pulumi
import pytest
from pydantic import ValidationError

from components.foundation import contract
from components.foundation.contract import Contract
from tests.unit.components import stacks


def test_outputs_come_back_as_they_were() -> None:
    promised = stacks.contract()
    assert Contract.from_outputs({"contract": promised.to_outputs()}, "local-foundation") == promised


def test_outputs_come_back_from_the_engine_which_knows_only_floats_and_drops_nulls() -> None:
    def as_engine(value: object) -> object:
        if isinstance(value, dict):
            return {key: as_engine(item) for key, item in value.items() if item is not None}
        if isinstance(value, list):
            return [as_engine(item) for item in value]
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    promised = stacks.contract()
    assert Contract.from_outputs({"contract": as_engine(promised.to_outputs())}, "local-foundation") == promised


@pytest.mark.parametrize("outputs", [{}, {"contract": None}, {"other": 1}])
def test_a_foundation_that_is_not_up_is_said_with_the_command(outputs: dict[str, object]) -> None:
    with pytest.raises(
        pulumi.RunError, match=r"(?s)local-foundation isn't up.*fix: run `pulumi up -s local-foundation` first"
    ):
        Contract.from_outputs(outputs, "local-foundation")


def test_a_contract_of_another_version_is_refused() -> None:
    outputs = {"contract": {**stacks.contract().to_outputs(), "version": 2}}
    with pytest.raises(pulumi.RunError, match=r"(?s)made by another version: contract\.version.*fix: run"):
        Contract.from_outputs(outputs, "local-foundation")


def test_an_unknown_field_is_refused() -> None:
    outputs = {"contract": {**stacks.contract().to_outputs(), "kubeconfig": "..."}}
    with pytest.raises(pulumi.RunError, match="kubeconfig"):
        Contract.from_outputs(outputs, "local-foundation")


def test_it_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        stacks.contract().provider = "aws"  # type: ignore[misc] # that it can't be is the test


def parts() -> list[type[contract.Part]]:
    return [found for found in vars(contract).values() if isinstance(found, type) and issubclass(found, contract.Part)]


@pytest.mark.parametrize(
    "part", [part for part in parts() if part is not contract.Part], ids=lambda part: part.__name__
)
def test_each_field_says_what_it_is_here_and_on_aws(part: type[contract.Part]) -> None:
    whole = {"version", "provider", "storage", "object_store", "database", "node_pools", "ingress"}
    described = f"{part.__doc__}"
    for name, field in part.model_fields.items():
        assert field.description, f"{part.__name__}.{name} has no docstring"
        if part is contract.Contract and name in whole:
            continue
        text = field.description + described
        both = re.search(r"Local.*AWS", text, re.DOTALL) or "in both" in text or "same in both" in text
        assert both or part is contract.Taint, f"{part.__name__}.{name} doesn't say what it is locally and on AWS"


def test_it_carries_no_secret_and_no_kubeconfig() -> None:
    text = json.dumps(stacks.contract().to_outputs())
    assert not re.search(r"kubeconfig|certificate|BEGIN|token", text)
    assert stacks.ROOT not in text


@pytest.mark.parametrize(
    ("scheme", "port", "address"),
    [
        ("http", 8080, "http://mlflow.ml.example.com:8080"),
        ("http", 80, "http://mlflow.ml.example.com"),
        ("https", 443, "https://mlflow.ml.example.com"),
        ("https", 8443, "https://mlflow.ml.example.com:8443"),
    ],
)
def test_addresses_are_as_people_type_them(scheme: str, port: int, address: str) -> None:
    ingress = stacks.contract().ingress.model_copy(
        update={"base_domain": "ml.example.com", "scheme": scheme, "port": port}
    )
    assert ingress.address("mlflow") == address
