from __future__ import annotations

import base64
import json
import re
from typing import Any

import pulumi
import pytest

from components.platform.contract import PlatformContract
from components.team import Team, TeamInputs, TeamSpec
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, plain, record


def one(resources: list[Recorded], kind: str, name: str) -> Recorded:
    found = [item for item in resources if item.type.endswith(f":{kind}") and item.metadata["name"] == name]
    assert len(found) == 1, [item.name for item in found]
    return found[0]


def changed(**fields: object) -> TeamSpec:
    return TeamSpec.model_validate({**stacks.team_spec().model_dump(), **fields})


def values(resources: list[Recorded], secret: str) -> dict[str, str]:
    found: dict[str, str] = plain(one(resources, "Secret", secret).inputs["stringData"])
    return found


def servers(resources: list[Recorded]) -> dict[str, Any]:
    pod = one(resources, "Deployment", "airflow").pod
    assert pod
    return pod


def environment(resources: list[Recorded]) -> dict[str, str]:
    (container,) = [found for found in servers(resources)["spec"]["containers"] if found["name"] == "airflow"]
    return {variable["name"]: variable["value"] for variable in container["env"] if "value" in variable}


def test_everything_is_in_the_namespace_of_its_name() -> None:
    resources = stacks.team()
    (namespace,) = [item for item in resources if item.type == "kubernetes:core/v1:Namespace"]
    assert namespace.metadata["name"] == "team-search"
    assert namespace.metadata["labels"]["mlplatform.dev/team"] == "search"
    inside = [item for item in resources if item.type.startswith("kubernetes:") and item is not namespace]
    assert len(inside) > 20
    assert {item.metadata["namespace"] for item in inside} == {"team-search"}


def test_its_own_stack_never_says_another_teams_name() -> None:
    texts = {name: str([item.inputs for item in stacks.team(stacks.team_spec(name))]) for name in ("search", "recsys")}
    assert "recsys" not in texts["search"]
    assert "search" not in texts["recsys"]


def test_the_tenant_asks_for_what_is_the_teams() -> None:
    tenant = one(stacks.team(), "Tenant", "team-search")
    assert tenant.type == "kubernetes:mlplatform.dev/v1:Tenant"
    assert tenant.inputs["spec"] == {
        "secretName": "tenant-keys",
        "rotation": 1,
        "database": {"template": stacks.platform_contract().database_template},
        "repository": {"checkUrl": "http://airflow.team-search:8794/check"},
        "features": True,
        "onRemoval": "Keep",
    }


def test_up_waits_until_the_rotations_passwords_are_in_force() -> None:
    for rotation in (1, 7):
        annotations = one(stacks.team(changed(rotation=rotation)), "Tenant", "team-search").metadata["annotations"]
        assert json.loads(annotations["pulumi.com/waitFor"]) == [
            f"jsonpath={{.status.rotation}}={rotation}",
            "condition=Ready",
        ]


def test_purge_has_to_be_asked_for() -> None:
    asked = one(stacks.team(changed(on_removal="purge")), "Tenant", "team-search")
    assert asked.inputs["spec"]["onRemoval"] == "Purge"
    assert stacks.team_spec().on_removal == "keep"


def test_secrets_come_before_the_tenant_and_the_tenant_before_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    order = [item.name for item in stacks.team()]
    for before, after in (
        ("tenant-keys", "tenant"),
        ("airflow-keys", "tenant"),
        ("worker-keys", "tenant"),
        ("tenancy-binding", "tenant"),
        ("quota", "airflow-servers"),
        ("tenant", "airflow-servers"),
    ):
        assert order.index(before) < order.index(after), (before, after)


def test_tool_and_pod_have_the_same_password() -> None:
    resources = stacks.team()
    tenant, airflow, worker = (values(resources, name) for name in ("tenant-keys", "airflow-keys", "worker-keys"))
    assert airflow["sql-alchemy-conn"] == (
        f"postgresql+psycopg2://team-search:{tenant['database-password']}@postgres.mlp-foundation:5432/team-search"
    )
    assert tenant["object-store-secret-key"] == airflow["secret-key"] == worker["AWS_SECRET_ACCESS_KEY"]
    assert tenant["repository-password"] == airflow["repository-password"] == worker["GIT_PASSWORD"]
    assert tenant["tracking-password"] == worker["MLFLOW_TRACKING_PASSWORD"]
    assert tenant["check-key"] == airflow["check-key"]


def test_tasks_get_no_secret_of_the_servers() -> None:
    resources = stacks.team()
    assert set(values(resources, "worker-keys")) == {
        "MLFLOW_TRACKING_URI",
        "MLFLOW_TRACKING_USERNAME",
        "MLFLOW_TRACKING_PASSWORD",
        "MLFLOW_WORKSPACE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ENDPOINT_URL_S3",
        "AWS_DEFAULT_REGION",
        "TEAM_BUCKET",
        "GIT_USERNAME",
        "GIT_PASSWORD",
    }
    servers_only = {"sql-alchemy-conn", "fernet-key", "jwt-secret", "api-secret-key", "admin-password"}
    secret = {values(resources, "airflow-keys")[key] for key in servers_only}
    assert not secret & set(values(resources, "worker-keys").values())


def test_a_fernet_key_is_one_and_those_before_are_handed_on() -> None:
    found = {rotation: values(stacks.team(changed(rotation=rotation)), "airflow-keys") for rotation in (1, 2, 4, 50)}
    for rotation, keys in found.items():
        before = keys["fernet-key-before"].split(",")
        assert len(before) == min(rotation, 5)
        for key in (keys["fernet-key"], *before):
            assert len(base64.urlsafe_b64decode(key)) == 32
        assert len({keys["fernet-key"], *before}) == len(before) + 1
        assert len(keys["jwt-secret"]) >= 64
    assert found[2]["fernet-key-before"].split(",")[0] == found[1]["fernet-key"]
    assert found[1]["fernet-key"] in found[4]["fernet-key-before"].split(",")


def derived(resources: list[Recorded]) -> set[str]:
    """All values of the team's Secrets that are secret."""
    names = ("tenant-keys", "airflow-keys", "worker-keys")
    known = {"admin", "team-search", "team-recsys", "us-east-1", "fernet-key-before"}
    return {
        value
        for name in names
        for key, value in values(resources, name).items()
        if value not in known and key != "fernet-key-before" and not re.match(r"http://", value)
    }


def test_no_secret_is_another_teams_or_another_rotations() -> None:
    seen: set[str] = set()
    for resources in (
        stacks.team(),
        stacks.team(changed(rotation=2)),
        stacks.team(stacks.team_spec("recsys")),
        stacks.team(root="another-root-secret-for-tests-00"),
    ):
        found = derived(resources)
        assert len(found) >= 9
        assert not found & seen
        seen |= found


def test_a_rotation_is_another_pod_and_nothing_else_is() -> None:
    before, after, again = stacks.team(), stacks.team(changed(rotation=2)), stacks.team()
    assert servers(before) != servers(after)
    assert servers(before) == servers(again)


def test_another_worker_is_another_pod_of_the_servers_too() -> None:
    bigger = changed(airflow={"worker": {"cpu": "1", "memory": "1Gi"}})
    resources = stacks.team(bigger)
    assert servers(resources)["metadata"]["annotations"] != servers(stacks.team())["metadata"]["annotations"]


def test_airflow_has_an_account_and_may_manage_pods_of_its_namespace_alone() -> None:
    resources = stacks.team()
    spec = servers(resources)["spec"]
    assert spec["serviceAccountName"] == "airflow"
    assert spec["automountServiceAccountToken"] is True
    assert {item.type.rsplit(":", 1)[-1] for item in resources} & {"ClusterRole", "ClusterRoleBinding"} == set()
    rules = one(resources, "Role", "airflow").inputs["rules"]
    assert {resource for rule in rules for resource in rule["resources"]} == {"pods", "pods/log", "events"}
    assert not {verb for rule in rules for verb in rule["verbs"]} & {"*", "deletecollection", "impersonate"}


def test_the_controller_may_read_one_secret() -> None:
    resources = stacks.team()
    assert one(resources, "Role", "tenancy").inputs["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["tenant-keys"], "verbs": ["get"]}
    ]
    binding = one(resources, "RoleBinding", "tenancy")
    assert binding.inputs["subjects"] == [{"kind": "ServiceAccount", "name": "tenancy", "namespace": "mlp-platform"}]


def test_the_quota_is_the_specs() -> None:
    assert one(stacks.team(), "ResourceQuota", "team").inputs["spec"]["hard"] == {
        "requests.cpu": "4",
        "requests.memory": "8Gi",
        "limits.memory": "8Gi",
        "requests.storage": "10Gi",
        "pods": "40",
    }


def test_a_container_that_asks_for_nothing_is_bound_too() -> None:
    (limit,) = one(stacks.team(), "LimitRange", "team").inputs["spec"]["limits"]
    assert limit == {
        "type": "Container",
        "default": {"memory": "512Mi"},
        "defaultRequest": {"cpu": "100m", "memory": "512Mi"},
    }


def test_people_and_the_git_server_find_airflow() -> None:
    resources = stacks.team()
    (rule,) = one(resources, "Ingress", "airflow").inputs["spec"]["rules"]
    assert rule["host"] == "airflow-search.localhost"
    spec = one(resources, "Service", "airflow").inputs["spec"]
    assert {(port["name"], port["port"], port["protocol"]) for port in spec["ports"]} == {
        ("main", 8080, "TCP"),
        ("check", 8794, "TCP"),
        ("metrics", 9102, "TCP"),
        ("statsd", 9125, "UDP"),
    }
    assert spec["publishNotReadyAddresses"] is True
    ports = {port["name"] for container in servers(resources)["spec"]["containers"] for port in container["ports"]}
    assert ports == {port["targetPort"] for port in spec["ports"]}


def test_one_call_at_a_time_is_no_deadlock() -> None:
    """A Service that waited for pods would keep the Deployment, which may come after it, from ever being made."""
    assert one(stacks.team(), "Service", "airflow").metadata["annotations"] == {"pulumi.com/skipAwait": "true"}


def test_urls_and_settings_have_no_password() -> None:
    resources = stacks.team()
    settings = environment(resources)
    assert settings["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://airflow.team-search:8080/execution/"
    assert settings["AIRFLOW__API__BASE_URL"] == "http://airflow-search.localhost:8080"
    (bundle,) = json.loads(settings["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    assert bundle["name"] == "team"
    assert bundle["kwargs"] == {
        "repo_url": "http://git.mlp-platform:8000/team-search.git",
        "tracking_ref": "main",
        "subdir": "dags",
        "refresh_interval": 5,
    }
    secret = derived(resources)
    visible = [item.inputs for item in resources if not item.type.endswith(":Secret")]
    assert not [value for value in secret if value in json.dumps(visible, default=str)]


def test_what_it_exports_names_secrets_and_holds_none() -> None:
    made: list[Team] = []
    inputs = TeamInputs(stacks.platform_contract(), stacks.IMAGES, pulumi.Output.secret(stacks.ROOT))
    resources = record(lambda: made.append(Team("team-search", stacks.team_spec(), inputs)))
    (team,) = made
    assert team.addresses == {tool: f"http://{tool}-search.localhost:8080" for tool in ("airflow", "features")}
    assert team.models == {"keywords": "http://keywords-search.localhost:8080"}
    assert team.repository == "http://git.localhost:8080/team-search.git"
    users = {}
    for tool, where in team.credentials.items():
        assert where["namespace"] == "team-search"
        keys = values(resources, where["secret"])
        users[tool] = keys[where["user_key"]]
        assert keys[where["password_key"]] not in str(team.credentials)
    assert users == {"airflow": "admin", "repository": "team-search", "features": "team_search"}


def test_a_database_across_a_network_is_spoken_to_by_tls() -> None:
    platform = stacks.platform_contract()
    database = platform.foundation.database.model_copy(update={"tls": True})
    foundation = platform.foundation.model_copy(update={"database": database})
    on: PlatformContract = platform.model_copy(update={"foundation": foundation})
    keys = values(stacks.team(on=on), "airflow-keys")
    assert keys["sql-alchemy-conn"].endswith("/team-search?sslmode=verify-full")


def test_an_image_that_the_release_lacks_is_said_with_the_fix() -> None:
    images = stacks.IMAGES.__class__("test", "r", {})
    inputs = TeamInputs(stacks.platform_contract(), images, pulumi.Output.secret(stacks.ROOT))
    with pytest.raises(pulumi.RunError, match=r"(?s)image airflow isn't in release test.*fix: run `mlp images`"):
        record(lambda: Team("team-search", stacks.team_spec(), inputs))


def test_a_notebook_that_is_a_task_has_the_image_of_peoples_notebooks() -> None:
    found = environment(stacks.team())
    images = json.loads(found["MLP_NOTEBOOK_IMAGES"])
    assert re.fullmatch(r".+/mlplatform/notebook-small@sha256:[0-9a-f]{64}", images["notebook-small"])
    # Nobody built it: whoever asks for it is told so.
    assert images["notebook"] == ""
    assert found["TEAM_BUCKET"] == "team-search"
