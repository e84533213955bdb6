from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from components.kubernetes.secrets import derive_text
from components.platform import serving_kind
from components.team.model_services import controller_rules, wanted
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, plain


def found(kind: str, name: str, resources: list[Recorded] | None = None) -> list[Recorded]:
    return [
        item for item in resources or stacks.team() if item.type.endswith(f":{kind}") and item.metadata["name"] == name
    ]


def valid(spec: dict[str, Any]) -> bool:
    return jsonschema.Draft202012Validator(serving_kind.schema()).is_valid({"spec": spec})


def shipped() -> dict[str, Any]:
    spec = stacks.team_spec()
    return wanted(spec, spec.models[0], stacks.platform_contract())


def test_what_the_team_declares_is_what_the_kind_takes() -> None:
    (service,) = found("ModelService", "keywords")
    assert service.metadata["namespace"] == "team-search"
    assert service.inputs["spec"] == shipped()
    assert valid(shipped())
    properties = serving_kind.spec_schema()["properties"]
    assert set(shipped()) <= set(properties)
    assert set(shipped()["canary"]) == set(properties["canary"]["properties"])


@pytest.mark.parametrize(
    "change",
    [
        {"keysSecret": "airflow-keys"},
        {"replicas": {"min": 0, "max": 0}},
        {"replicas": {"min": -1, "max": 1}},
        {"scaleBy": "memory"},
        {"canary": {"weight": 100}},
        {"resources": {"cpu": "1"}},
        {"host": ""},
    ],
    ids=str,
)
def test_what_is_wrong_is_refused(change: dict[str, Any]) -> None:
    assert not valid({**shipped(), **change})


def test_each_field_of_the_kind_is_explained() -> None:
    def fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
        below = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
        return [schema, *(field for part in below for field in fields(part))]

    assert all(field["description"] for field in fields(serving_kind.schema()))


def test_it_is_reached_where_the_outputs_say() -> None:
    assert shipped()["host"] == "keywords-search.localhost"
    assert shipped()["ingressClass"] == "traefik"


def test_its_pods_log_into_the_teams_own_database() -> None:
    (secret,) = found("Secret", "model-keys")
    password = derive_text(stacks.ROOT, "team-search", "database", 1)
    assert plain(secret.inputs["stringData"]) == {
        "DATABASE_URL": f"postgresql://team-search:{password}@postgres.mlp-foundation:5432/team-search"
    }


def test_a_rotation_is_another_revision() -> None:
    spec = stacks.team_spec().model_copy(update={"rotation": 7})
    assert wanted(spec, spec.models[0], stacks.platform_contract())["rotation"] == 7


def test_the_controller_makes_pods_and_routes_in_the_teams_namespace_and_reads_no_secret() -> None:
    (role,) = found("Role", "serving")
    assert role.metadata["namespace"] == "team-search"
    assert role.inputs["rules"] == [
        {"apiGroups": rule.api_groups, "resources": rule.resources, "verbs": rule.verbs} for rule in controller_rules()
    ]
    resources = {name for rule in role.inputs["rules"] for name in rule["resources"]}
    assert resources == {
        "deployments",
        "pods",
        "services",
        "endpointslices",
        "ingresses",
        "horizontalpodautoscalers",
    }
    assert "*" not in str(role.inputs["rules"])
    (binding,) = found("RoleBinding", "serving")
    assert binding.inputs["subjects"] == [{"kind": "ServiceAccount", "name": "serving", "namespace": "mlp-platform"}]


def test_model_pods_have_an_account_without_a_token() -> None:
    (account,) = found("ServiceAccount", "model")
    assert account.inputs["automountServiceAccountToken"] is False


def test_a_team_without_models_has_nothing_of_it() -> None:
    resources = stacks.team(stacks.team_spec("recsys"))
    names = {item.metadata["name"] for item in resources if item.type.startswith("kubernetes:")}
    assert names & {"model", "model-keys", "serving", "keywords"} == set()
