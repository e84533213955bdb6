from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest

from components.platform import tenancy_kind
from components.platform.tenancy_access import by_namespace
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded

SPEC: dict[str, Any] = {
    "secretName": "tenant-keys",
    "rotation": 1,
    "database": {"template": "airflow-0123456789ab"},
    "repository": {"checkUrl": "http://airflow.team-search:8794/check"},
    "onRemoval": "Keep",
}


def found(kind: str) -> list[Recorded]:
    return [
        item
        for item in stacks.platform()
        if item.type.endswith(f":{kind}") and item.metadata["labels"]["app.kubernetes.io/name"] == "tenancy"
    ]


def one(kind: str) -> Recorded:
    (item,) = found(kind)
    return item


def valid(spec: dict[str, Any]) -> bool:
    """As the API server judges, which drops what it doesn't know."""
    validator = jsonschema.Draft202012Validator(tenancy_kind.schema())
    return validator.is_valid({"spec": spec})


def test_what_a_team_asks_for_is_valid() -> None:
    assert valid(SPEC)
    assert valid({"secretName": "tenant-keys", "rotation": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"secretName": ""},
        {"rotation": 0},
        {"rotation": "1"},
        {"database": {"template": "mlflow"}},
        {"database": {"template": "airflow-0123456789abc"}},
        {"repository": {"checkUrl": "file:///etc/passwd"}},
        {"onRemoval": "keep"},
        {"secretName": None},
    ],
    ids=str,
)
def test_what_is_wrong_is_refused(change: dict[str, Any]) -> None:
    assert not valid({**SPEC, **change})


@pytest.mark.parametrize("key", ["secretName", "rotation"])
def test_what_is_required_has_no_default(key: str) -> None:
    assert not valid({name: value for name, value in SPEC.items() if name != key})


def test_each_field_of_the_kind_is_explained() -> None:
    def fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
        below = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
        return [schema, *(field for part in below for field in fields(part))]

    assert all(field["description"] for field in fields(tenancy_kind.schema()))


def test_the_kind_has_a_status_of_its_own_and_shows_it() -> None:
    definition = one("CustomResourceDefinition")
    assert definition.metadata["name"] == "tenants.mlplatform.dev"
    (version,) = definition.inputs["spec"]["versions"]
    assert version["subresources"] == {"status": {}}
    assert version["schema"]["openAPIV3Schema"] == tenancy_kind.schema()
    assert [column["name"] for column in version["additionalPrinterColumns"]][:3] == ["Ready", "Reason", "Rotation"]


def test_it_reads_five_secrets_and_no_other() -> None:
    read = {
        (role.metadata["namespace"], name)
        for role in found("Role")
        for rule in role.inputs["rules"]
        for name in rule["resourceNames"]
        if rule["verbs"] == ["get"] and rule["resources"] == ["secrets"]
    }
    assert read == {
        ("mlp-foundation", "postgres-admin"),
        ("mlp-foundation", "object-store-admin"),
        ("mlp-platform", "mlflow-admin"),
        ("mlp-platform", "git-admin"),
        ("mlp-platform", "features-admin"),
    }
    secrets = [item.metadata for item in stacks.shipped() if item.type.endswith(":Secret")]
    assert read <= {(secret["namespace"], secret["name"]) for secret in secrets}


def test_beyond_that_it_may_look_after_tenants_alone() -> None:
    rules = one("ClusterRole").inputs["rules"]
    allowed = {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert {group for group, *_ in allowed} == {"mlplatform.dev", ""}
    assert {resource for group, resource, _ in allowed if not group} == {"events"}
    assert not {"*", "create", "delete", "escalate"} & {verb for group, _, verb in allowed if group}


def test_all_rights_are_bound_to_its_own_account() -> None:
    bindings = [*found("RoleBinding"), *found("ClusterRoleBinding")]
    assert len(bindings) == 3
    for binding in bindings:
        (subject,) = binding.inputs["subjects"]
        assert subject == {"kind": "ServiceAccount", "name": "tenancy", "namespace": "mlp-platform"}


def test_there_is_one_controller_at_a_time_and_it_holds_no_secret() -> None:
    controller = one("Deployment")
    assert controller.inputs["spec"]["replicas"] == 1
    assert controller.inputs["spec"]["strategy"] == {"type": "Recreate"}
    assert controller.pod
    spec = controller.pod["spec"]
    assert spec["serviceAccountName"] == "tenancy"
    (container,) = spec["containers"]
    assert not [variable for variable in container["env"] if "valueFrom" in variable]


def test_its_environment_is_what_the_image_reads() -> None:
    from images.tenancy.tenancy.settings import Place, Settings

    pod = one("Deployment").pod
    assert pod
    values = {variable["name"]: variable["value"] for variable in pod["spec"]["containers"][0]["env"]}
    settings = Settings.read(values)
    assert settings.database_admin == Place("mlp-foundation", "postgres-admin", "username", "password")
    assert settings.repositories_uri == "http://git.mlp-platform:8000"
    assert not settings.database_tls


def test_it_may_reach_the_tools_and_the_api_server() -> None:
    policy = one("NetworkPolicy").inputs["spec"]
    assert policy["policyTypes"] == ["Egress"]
    (rule,) = policy["egress"]
    assert [port["port"] for port in rule["ports"]] == [443, 5000, 5432, 6443, 7070, 8000, 8080]


def test_secrets_of_one_namespace_share_a_role() -> None:
    secrets = [stacks.contract().database.admin, stacks.contract().object_store.admin]
    assert by_namespace(secret for secret in secrets if secret) == {
        "mlp-foundation": ["object-store-admin", "postgres-admin"]
    }


def test_its_probes_ask_where_it_answers() -> None:
    pod = one("Deployment").pod
    assert pod
    (container,) = pod["spec"]["containers"]
    text = (stacks.STACKS.parent / "images/tenancy/tenancy/controller.py").read_text()
    address = re.search(r'LIVENESS = "http://0\.0\.0\.0:(\d+)(/\w+)"', text)
    assert address
    assert container["livenessProbe"]["httpGet"]["path"] == address[2]
    assert container["ports"][0]["containerPort"] == int(address[1])
