from __future__ import annotations

import pulumi
import pytest

from components import platform
from components.kubernetes.traffic import port_of
from components.platform import PlatformSpec
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, plain, record


def one(resources: list[Recorded], kind: str, name: str) -> Recorded:
    found = [item for item in resources if item.type.endswith(f":{kind}") and item.metadata["name"].startswith(name)]
    assert len(found) == 1, [item.name for item in found]
    return found[0]


def changed(**fields: object) -> PlatformSpec:
    return PlatformSpec.model_validate({**stacks.platform_spec().model_dump(), **fields})


def environment(resources: list[Recorded], kind: str, name: str) -> dict[str, str]:
    pod = one(resources, kind, name).pod
    assert pod
    return {variable["name"]: variable.get("value", "") for variable in pod["spec"]["containers"][0]["env"]}


def test_the_example_finds_its_secret_with_the_promised_keys() -> None:
    resources = stacks.platform()
    secret = one(resources, "Secret", "mlflow-examples")
    assert secret.metadata["namespace"] == "mlp-examples"
    values = plain(secret.inputs["stringData"])
    assert (
        values.pop("MLFLOW_TRACKING_PASSWORD")
        == plain(one(resources, "Secret", "workspace-examples-provision").inputs["stringData"])["USER_PASSWORD"]
    )
    assert values == {
        "MLFLOW_TRACKING_URI": "http://mlflow.mlp-platform:5000",
        "MLFLOW_TRACKING_USERNAME": "examples",
        "MLFLOW_WORKSPACE": "examples",
    }


def test_outputs_name_addresses_and_secrets_but_hold_none() -> None:
    made: list[platform.Platform] = []
    inputs = platform.PlatformInputs(stacks.contract(), stacks.IMAGES, pulumi.Output.secret(stacks.ROOT))
    resources = record(lambda: made.append(platform.Platform("platform", stacks.platform_spec(), inputs)))
    tools = ("mlflow", "prometheus", "alertmanager", "notebooks")
    assert made[0].addresses == {tool: f"http://{tool}.localhost:8080" for tool in tools}
    where = made[0].credentials["mlflow"]
    secret = one(resources, "Secret", where["secret"])
    assert secret.metadata["namespace"] == where["namespace"]
    values = plain(secret.inputs["stringData"])
    assert values[where["user_key"]] == "admin"
    assert values[where["password_key"]] not in str((made[0].addresses, made[0].credentials))


def test_mlflow_is_reached_by_its_route() -> None:
    resources = stacks.platform()
    (rule,) = one(resources, "Ingress", "mlflow").inputs["spec"]["rules"]
    assert rule["host"] == "mlflow.localhost"
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": "mlflow", "port": {"name": "main"}}
    assert one(resources, "Ingress", "mlflow").inputs["spec"]["ingressClassName"] == "traefik"


def test_mlflow_lets_in_the_hosts_it_is_called_by_and_no_other() -> None:
    hosts = environment(stacks.platform(), "Deployment", "mlflow")["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
    assert {"mlflow.mlp-platform:*", "mlflow.localhost:*", "mlflow.localhost"} <= set(hosts)
    assert "*" not in hosts


def test_its_probes_name_a_host_that_it_lets_in() -> None:
    pod = one(stacks.platform(), "Deployment", "mlflow").pod
    assert pod
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        request = pod["spec"]["containers"][0][probe]["httpGet"]
        assert request["path"] == "/health"
        assert request["httpHeaders"] == [{"name": "Host", "value": "mlflow:5000"}]


def test_uris_have_no_password() -> None:
    values = environment(stacks.platform(), "Deployment", "mlflow")
    assert values["MLFLOW_BACKEND_STORE_URI"] == "postgresql+psycopg2://mlflow@postgres.mlp-foundation:5432/mlflow"
    assert values["MLFLOW_ARTIFACTS_DESTINATION"] == "s3://mlflow"


def test_a_rotation_gives_new_jobs_new_secrets_and_new_pods() -> None:
    before, after = stacks.platform(), stacks.platform(changed(mlflow={"rotation": 2}))
    for name in ("mlflow-database", "mlflow-bucket"):
        assert one(after, "Job", name).metadata["name"].startswith(f"{name}-r2-")
    for name in ("mlflow-admin", "mlflow-keys"):
        old, new = (plain(one(resources, "Secret", name).inputs["stringData"]) for resources in (before, after))
        changing = {key for key in old if old[key] != new[key]}
        assert changing == set(old) - {"username", "access-key"}
    assert one(before, "Deployment", "mlflow").pod != one(after, "Deployment", "mlflow").pod
    name = "workspace-examples"
    assert one(before, "Job", name).metadata["name"] == one(after, "Job", name).metadata["name"]


def test_jobs_that_hold_admin_keys_run_where_those_are() -> None:
    resources = stacks.platform()
    for name, space in (
        ("mlflow-database", "mlp-foundation"),
        ("mlflow-bucket", "mlp-foundation"),
        ("workspace-examples", "mlp-platform"),
    ):
        assert one(resources, "Job", name).metadata["namespace"] == space


def test_a_foundation_without_an_object_store_admin_is_said() -> None:
    store = stacks.contract().object_store.model_copy(update={"admin": None})
    on = stacks.contract().model_copy(update={"object_store": store})
    with pytest.raises(pulumi.RunError, match=r"(?s)no object store admin.*fix: use a foundation"):
        stacks.platform(on=on)


def test_a_database_across_a_network_is_spoken_to_by_tls() -> None:
    database = stacks.contract().database.model_copy(update={"tls": True})
    resources = stacks.platform(on=stacks.contract().model_copy(update={"database": database}))
    assert environment(resources, "Deployment", "mlflow")["MLFLOW_BACKEND_STORE_URI"].endswith("?sslmode=verify-full")
    assert environment(resources, "Job", "mlflow-database")["PGSSLMODE"] == "verify-full"


@pytest.mark.parametrize("count", [0, 3])
def test_each_workspace_has_its_own_namespace_user_and_secret(count: int) -> None:
    spec = changed(workspaces=[{"name": f"team{n}", "namespace": f"mlp-team{n}"} for n in range(count)])
    resources = stacks.platform(spec)
    made = {item.metadata["name"] for item in resources if item.type.endswith(":Namespace")}
    assert made == {"mlp-platform", *(f"mlp-team{n}" for n in range(count))}
    passwords = {
        plain(one(resources, "Secret", f"mlflow-team{n}").inputs["stringData"])["MLFLOW_TRACKING_PASSWORD"]
        for n in range(count)
    }
    assert len(passwords) == count


def test_a_workspaces_pods_reach_names_mlflow_and_the_object_store() -> None:
    policies = [
        item.inputs["spec"]
        for item in stacks.platform()
        if item.type.endswith(":NetworkPolicy") and item.metadata["namespace"] == "mlp-examples"
    ]
    out = [port["port"] for spec in policies for rule in spec.get("egress", []) for port in rule["ports"]]
    assert sorted({int(port) for port in out}) == [53, 5000, 7070]
    assert not any(spec.get("ingress") for spec in policies)


@pytest.mark.parametrize(("url", "port"), [("http://a", 80), ("https://a", 443), ("http://a:7070", 7070)])
def test_the_port_of_a_url(url: str, port: int) -> None:
    assert port_of(url) == port
