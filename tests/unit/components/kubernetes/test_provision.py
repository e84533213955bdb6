from __future__ import annotations

import dataclasses

import pytest

from components.kubernetes.provision import ProvisionInputs, job_name


@pytest.fixture
def inputs() -> ProvisionInputs:
    return ProvisionInputs(namespace="a", image="r/i@sha256:1", command=["grant"], settings={"A": "1"}, rotation=1)


def test_the_same_work_has_the_same_name(inputs: ProvisionInputs) -> None:
    again = dataclasses.replace(inputs, namespace="b", settings=dict(inputs.settings))
    assert job_name("grant", inputs) == job_name("grant", again)
    assert job_name("grant", inputs).startswith("grant-r1-")


@pytest.mark.parametrize(
    "change", [{"image": "r/i@sha256:2"}, {"settings": {"A": "2"}}, {"rotation": 2}, {"command": ["end"]}]
)
def test_other_work_is_another_job(inputs: ProvisionInputs, change: dict[str, object]) -> None:
    assert job_name("grant", dataclasses.replace(inputs, **change)) != job_name("grant", inputs)  # type: ignore[arg-type] # one field each
