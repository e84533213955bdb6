"""The waitFor annotation."""

from __future__ import annotations

from typing import Any

import pytest

from local.provider.await_ import expressions
from local.provider.errors import ProviderError

OBJ: dict[str, Any] = {
    "metadata": {"generation": 2, "labels": {"app.kubernetes.io/name": "x"}},
    "spec": {"ports": [{"port": 80}, {"port": 81}]},
    "status": {
        "observedGeneration": 2,
        "phase": "Running",
        "count": 3,
        "on": True,
        "conditions": [
            {"type": "Ready", "status": "True"},
            {"type": "Synced", "status": "False", "reason": "NoDatabase", "message": "postgres refuses"},
            {"type": "Old", "status": "True", "observedGeneration": 1},
        ],
    },
}


@pytest.mark.parametrize(
    ("text", "ready"),
    [
        ("condition=Ready", True),
        ("condition=ready=true", True),
        ("condition=Ready=False", False),
        ("condition=Synced", False),
        ("condition=Synced=False", True),
        ("condition=Missing", False),
        ("condition=Old", False),
        ("jsonpath={.status.phase}=Running", True),
        ("jsonpath={.status.phase}='Running'", True),
        ("jsonpath={.status.phase}=Pending", False),
        ("jsonpath={.status.phase}", True),
        ("jsonpath=.status.phase", True),
        ("jsonpath=status.count=3", True),
        ("jsonpath={.status.on}=true", True),
        ("jsonpath={.status.missing}", False),
        ("jsonpath={.spec.ports[1].port}=81", True),
        ("jsonpath={.spec.ports[-1].port}=81", True),
        ("jsonpath={.spec.ports[5].port}", False),
        ("jsonpath={.spec.ports[*].port}=80", False),
        ("jsonpath={.spec.ports[*].port}", True),
        ('jsonpath={.status.conditions[?(@.type=="Ready")].status}=True', True),
        ('jsonpath={.status.conditions[?(@.type=="Synced")].status}=True', False),
        (r"jsonpath={.metadata.labels.app\.kubernetes\.io/name}=x", True),
        ("jsonpath={.metadata.labels['app.kubernetes.io/name']}=x", True),
        ('["condition=Ready", "jsonpath={.status.phase}=Running"]', True),
        ('["condition=Ready", "condition=Synced"]', False),
    ],
)
def test_expressions(text: str, ready: bool) -> None:
    assert expressions.parse(text)(OBJ).ready is ready


def test_a_condition_that_is_not_met_says_why() -> None:
    assert "NoDatabase: postgres refuses" in expressions.parse("condition=Synced")(OBJ).message


@pytest.mark.parametrize(
    "text", ["Ready", "for=condition=Ready", "[]", "[1]", "jsonpath={.a[}", "jsonpath={range .items[*]}"]
)
def test_wrong_expressions(text: str) -> None:
    with pytest.raises(ProviderError, match="waitFor"):
        expressions.parse(text)
