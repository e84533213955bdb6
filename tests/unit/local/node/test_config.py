from __future__ import annotations

import dataclasses

import pytest

from local.node import NODE_IMAGES, NodeConfig
from local.problem import Problem


def test_defaults_are_from_the_shared_range_and_apart() -> None:
    config = NodeConfig()
    assert (config.registry, config.api, config.dns) == ("100.64.0.1:5000", "https://100.64.0.1:6443", "100.64.32.10")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("pods", "100.64.32.0/19", "pods 100.64.32.0/19 overlaps services 100.64.32.0/20"),
        ("address", "100.64.16.7", "address 100.64.16.7/32 overlaps pods"),
        ("services", "100.64.32.1/20", "services '100.64.32.1/20' is no IPv4 range"),
        ("address", "fd00::1", "address 'fd00::1' is no IPv4 range"),
        ("ingress_port", 80, "ingress_port 80"),
        ("registry_port", 70000, "registry_port 70000"),
    ],
)
def test_what_cannot_work_is_refused_by_name(field: str, value: object, says: str) -> None:
    with pytest.raises(Problem) as problem:
        dataclasses.replace(NodeConfig(), **{field: value})  # type: ignore[arg-type]  # any field
    assert says in problem.value.what


def test_ports_but_the_api_servers_may_change_later() -> None:
    assert NodeConfig(ingress_port=9000, registry_port=5001).fixed() == NodeConfig().fixed()
    assert NodeConfig(api_port=7443).fixed() != NodeConfig().fixed()


def test_image_names_are_unique() -> None:
    assert len(set(NODE_IMAGES)) == len(NODE_IMAGES)
