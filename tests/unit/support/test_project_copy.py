"""A copy of the project stands beside the original only if what a cluster has but once has other names in it."""

from __future__ import annotations

import pytest

from tests.support.project_copy import renamed_for
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded

OWN = [
    item
    for item in (*stacks.foundation(), *stacks.platform())
    if item.type.startswith("kubernetes:") and "namespace" not in item.inputs.get("metadata", {"namespace": ""})
]


def test_there_are_such_things() -> None:
    assert {"Namespace", "CustomResourceDefinition", "ClusterRole"} <= {item.type.rpartition(":")[2] for item in OWN}


@pytest.mark.parametrize(
    "item",
    sorted(OWN, key=lambda item: (item.type, item.metadata["name"])),
    ids=lambda item: f"{item.type.rpartition(':')[2]}-{item.metadata['name']}",
)
def test_what_a_cluster_has_once_is_renamed(item: Recorded) -> None:
    written = f'"{item.metadata["name"]}"'
    assert renamed_for("mlp-bench", written) != written


def test_other_names_stay() -> None:
    text = 'PROJECT = "mlplatform"; "mlp-platforms"; "team-search"; image = "mlplatform/airflow"'
    assert renamed_for("mlp-bench", text) == text


def test_names_keep_their_places() -> None:
    assert renamed_for("x", '"http://git.mlp-platform:8000"') == '"http://git.x-platform:8000"'
    assert renamed_for("x", 'GROUP = "mlplatform.dev"') == 'GROUP = "x.dev"'
