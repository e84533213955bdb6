from __future__ import annotations

from typing import Any

from tests.unit.components import stacks

WORKER = {"app.kubernetes.io/name": "worker"}


def policies(team: str = "search") -> dict[str, dict[str, Any]]:
    resources = stacks.team(stacks.team_spec(team))
    return {item.metadata["name"]: item.inputs["spec"] for item in resources if item.type.endswith(":NetworkPolicy")}


OURS = {"matchLabels": {"app.kubernetes.io/part-of": "mlplatform"}}


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
    assert set(into) == {
        "airflow-server",
        "airflow-check",
        "airflow-metrics",
        "model",
        "features",
        "features-metrics",
        "notebook-hub",
        "notebook-own",
    }
    for name, rule in into.items():
        assert rule["from"]
        for peer in rule["from"]:
            namespace = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name")
            if name == "features" and peer.get("namespaceSelector") == OURS:
                # It tells teams apart by their keys.
                continue
            # A selector of pods alone means the policy's own namespace.
            assert "ipBlock" in peer or set(peer) == {"podSelector"} or namespace in ("team-search", "mlp-platform")


def reached_by_tasks(team: str) -> set[int]:
    found = policies(team).values()
    ways = [spec for spec in found if (spec["podSelector"].get("matchLabels") or WORKER) == WORKER]
    return {port for spec in ways for port in ports(spec.get("egress", []))}


def test_tasks_reach_the_tools_and_airflow_but_neither_database_nor_cluster() -> None:
    assert reached_by_tasks("recsys") == {53, 80, 5000, 6570, 8000, 7070, 8080, 9125}


def test_where_models_are_served_tasks_reach_these_and_tell_the_cluster_of_new_versions() -> None:
    assert reached_by_tasks("search") - reached_by_tasks("recsys") == {443, 6443, 3000}


def test_a_team_without_models_lets_nobody_in_for_them() -> None:
    spec = stacks.team_spec("recsys")
    names = {item.metadata["name"] for item in stacks.team(spec) if item.type.endswith(":NetworkPolicy")}
    assert names & {"model", "model-clients"} == set()


def test_model_pods_are_asked_at_one_port_and_reach_the_database_alone() -> None:
    found = policies()["model"]
    assert found["podSelector"]["matchLabels"] == {"app.kubernetes.io/component": "model"}
    assert ports(found["ingress"]) == {3000}
    assert ports(found["egress"]) == {5432}


def test_a_task_that_runs_trials_reaches_the_database_besides() -> None:
    found = policies("recsys")["worker-tunes"]
    assert found["podSelector"]["matchLabels"] == {**WORKER, "mlplatform.dev/tunes": "true"}
    assert ports(found["egress"]) == {5432}
