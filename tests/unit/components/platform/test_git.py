from __future__ import annotations

from components.platform import PlatformSpec
from components.platform import git as server
from components.team import airflow_settings
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, plain


def one(resources: list[Recorded], kind: str, name: str) -> Recorded:
    (found,) = (item for item in resources if item.type.endswith(f":{kind}") and item.metadata["name"] == name)
    return found


def changed(**fields: object) -> PlatformSpec:
    return PlatformSpec.model_validate({**stacks.platform_spec().model_dump(), "git": fields})


def test_one_server_owns_the_volume_that_the_spec_asks_for() -> None:
    resources = stacks.platform(changed(storage="7Gi", resources={"cpu": "70m", "memory": "300Mi"}))
    assert one(resources, "StatefulSet", "git").inputs["spec"]["replicas"] == 1
    claim = one(resources, "PersistentVolumeClaim", "git-data").inputs["spec"]
    assert claim["resources"] == {"requests": {"storage": "7Gi"}}
    assert claim["storageClassName"] == stacks.contract().storage.rwo
    pod = one(resources, "StatefulSet", "git").pod
    assert pod
    (container,) = pod["spec"]["containers"]
    assert container["resources"] == {"requests": {"cpu": "70m", "memory": "300Mi"}, "limits": {"memory": "300Mi"}}
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "git-data"}} in pod["spec"]["volumes"]


def test_it_is_reached_where_teams_are_told() -> None:
    resources = stacks.platform()
    (port,) = one(resources, "Service", "git").inputs["spec"]["ports"]
    assert port["port"] == 8000
    (rule,) = one(resources, "Ingress", "git").inputs["spec"]["rules"]
    assert rule["host"] == "git.localhost"


def test_its_admin_key_is_where_the_controller_looks_and_changes_with_its_rotation() -> None:
    before, after = stacks.platform(), stacks.platform(changed(rotation=2))
    old, new = (plain(one(resources, "Secret", "git-admin").inputs["stringData"]) for resources in (before, after))
    assert old["username"] == new["username"] == "admin"
    assert old["password"] != new["password"]
    assert one(before, "StatefulSet", "git").pod != one(after, "StatefulSet", "git").pod


def test_it_may_ask_the_port_that_teams_answer_on() -> None:
    policy = one(stacks.platform(), "NetworkPolicy", "git").inputs["spec"]
    assert server.CHECK_PORT == airflow_settings.CHECK_PORT
    assert [rule["ports"] for rule in policy["egress"]] == [[{"port": 8794, "protocol": "TCP"}]]
    assert [rule["ports"] for rule in policy["ingress"]] == [[{"port": 8000, "protocol": "TCP"}]]
