from __future__ import annotations

import pytest

from components.foundation.local import FoundationSpec
from components.foundation.local.postgres import settings
from components.kubernetes import statsd
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, plain


def one(resources: list[Recorded], kind: str, name: str) -> Recorded:
    found = [item for item in resources if item.type.endswith(f":{kind}") and item.metadata["name"] == name]
    assert len(found) == 1
    return found[0]


def changed(**fields: object) -> FoundationSpec:
    return FoundationSpec.model_validate({**stacks.foundation_spec().model_dump(), **fields})


def test_services_are_where_the_contract_says() -> None:
    resources, promised = stacks.foundation(), stacks.contract()
    for name, port, where in (
        ("postgres", 5432, f"{promised.database.host}:{promised.database.port}"),
        ("object-store", 7070, promised.object_store.endpoint.removeprefix("http://")),
    ):
        service = one(resources, "Service", name)
        assert where == f"{name}.{service.metadata['namespace']}:{port}"
        assert service.inputs["spec"]["ports"][0]["port"] == port


def test_admin_secrets_are_where_the_contract_says() -> None:
    resources, promised = stacks.foundation(), stacks.contract()
    store = promised.object_store.admin
    assert store is not None
    for reference, user in ((promised.database.admin, "postgres"), (store, "root")):
        secret = one(resources, "Secret", reference.name)
        assert secret.metadata["namespace"] == reference.namespace == promised.admin_namespace
        values = plain(secret.inputs["stringData"])
        assert values[reference.user_key] == user
        assert len(values[reference.password_key]) == 43


def test_volumes_are_of_the_class_and_size_in_the_spec() -> None:
    spec = changed(storage={"rwo": "fast"}, postgres={"storage": "7Gi"}, object_store={"storage": "9Gi"})
    resources = stacks.foundation(spec)
    for name, size in (("postgres-data", "7Gi"), ("object-store-data", "9Gi")):
        claim = one(resources, "PersistentVolumeClaim", name).inputs["spec"]
        assert claim["storageClassName"] == "fast"
        assert claim["resources"] == {"requests": {"storage": size}}


def test_a_rotation_changes_its_password_alone_and_restarts_its_pod() -> None:
    before, after = stacks.foundation(), stacks.foundation(changed(postgres={"storage": "5Gi", "rotation": 2}))

    def password(resources: list[Recorded], name: str) -> object:
        return plain(one(resources, "Secret", name).inputs["stringData"])["password"]

    assert password(before, "postgres-admin") != password(after, "postgres-admin")
    assert password(before, "object-store-admin") == password(after, "object-store-admin")
    pods = [one(resources, "StatefulSet", "postgres").pod for resources in (before, after)]
    assert pods[0] != pods[1]


@pytest.mark.parametrize(("memory", "buffers"), [("512Mi", "128MB"), ("2Gi", "512MB"), ("32Mi", "16MB")])
def test_buffers_are_a_quarter_of_the_memory(memory: str, buffers: str) -> None:
    spec = stacks.foundation_spec().postgres
    spec = spec.model_copy(update={"resources": spec.resources.model_copy(update={"memory": memory})})
    assert settings(spec) == ["-c", f"shared_buffers={buffers}"]


def test_pods_of_other_namespaces_reach_database_and_store_only_if_they_are_ours() -> None:
    for name, ports in (("postgres", [5432]), ("object-store", [7070, statsd.METRICS_PORT])):
        policy = one(stacks.foundation(), "NetworkPolicy", name).inputs["spec"]
        assert policy["policyTypes"] == ["Ingress"]
        (rule,) = policy["ingress"]
        assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"app.kubernetes.io/part-of": "mlplatform"}}}]
        assert rule["ports"] == [{"port": port, "protocol": "TCP"} for port in ports]
