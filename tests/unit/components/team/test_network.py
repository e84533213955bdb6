from __future__ import annotations

from typing import Any

from tests.unit.components import stacks


def policies() -> dict[str, dict[str, Any]]:
    return {
        item.metadata["name"]: item.inputs["spec"] for item in stacks.team() if item.type.endswith(":NetworkPolicy")
    }


def ports(rules: list[dict[str, Any]]) -> set[int]:
    return {int(port["port"]) for rule in rules for port in rule["ports"]}


def test_nothing_is_let_in_or_out_but_names_to_begin_with() -> None:
    default = policies()["default"]
    assert default["podSelector"] == {}
    assert default["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in default
    assert ports(default["egress"]) == {53}


def test_nobody_is_let_in_without_being_named() -> None:
    into = {name: rule for name, spec in policies().items() for rule in spec.get("ingress", [])}
    assert set(into) == {"airflow-server", "airflow-check", "airflow-metrics"}
    for rule in into.values():
        assert rule["from"]
        for peer in rule["from"]:
            namespace = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name")
            assert "ipBlock" in peer or namespace in ("team-search", "mlp-platform")


def test_tasks_reach_the_tools_and_airflow_but_neither_database_nor_cluster() -> None:
    out: set[int] = set()
    for spec in policies().values():
        if spec["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name") in (None, "worker"):
            out |= ports(spec.get("egress", []))
    assert out == {53, 5000, 8000, 7070, 8080, 9125}
