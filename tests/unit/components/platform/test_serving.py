from __future__ import annotations

from components.platform import serving_kind
from components.platform.contract import MODEL_PORT
from images.modelservice.modelservice import revision, wanted
from images.modelservice.modelservice.__main__ import HEARD_SECONDS
from images.modelservice.modelservice.settings import Settings
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded


def one(kind: str) -> Recorded:
    (item,) = [
        item
        for item in stacks.platform()
        if item.type.endswith(f":{kind}") and item.metadata["labels"]["app.kubernetes.io/name"] == "serving"
    ]
    return item


def environment() -> dict[str, str]:
    pod = one("Deployment").pod
    assert pod
    return {item["name"]: item.get("value", "100.64.16.9") for item in pod["spec"]["containers"][0]["env"]}


def test_its_environment_is_what_the_image_reads() -> None:
    settings = Settings.read(environment())
    assert settings.url.format(host="keywords-search.localhost") == "http://keywords-search.localhost:8080"
    assert settings.base_domain == "localhost"
    assert settings.registry == "100.64.0.1:5000"
    assert settings.group == "mlplatform.dev"
    assert settings.model_port == MODEL_PORT


def test_its_ports_are_where_it_listens() -> None:
    pod = one("Deployment").pod
    assert pod
    (container,) = pod["spec"]["containers"]
    settings = Settings.read(environment())
    assert {port["name"]: port["containerPort"] for port in container["ports"]} == {
        "main": settings.proxy_port,
        "metrics": settings.metrics_port,
    }
    assert pod["metadata"]["annotations"]["mlplatform.dev/metrics-port"] == str(settings.metrics_port)


def test_the_next_one_is_there_before_one_goes_and_they_take_turns() -> None:
    spec = one("Deployment").inputs["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    (role,) = [item for item in stacks.platform() if item.type.endswith(":Role") and item.metadata["name"] == "serving"]
    assert [rule["resources"] for rule in role.inputs["rules"]] == [["leases"], ["leases"]]
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] > HEARD_SECONDS + 8


def test_in_all_namespaces_it_may_tell_of_model_services_alone() -> None:
    allowed = {
        (group, resource, verb)
        for rule in one("ClusterRole").inputs["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert {resource for group, resource, _ in allowed if not group} == {"events"}
    assert {group for group, *_ in allowed} == {"mlplatform.dev", ""}
    assert ("mlplatform.dev", "modelservices", "patch") not in allowed
    assert not {"*", "delete", "escalate", "bind"} & {verb for *_, verb in allowed}
    (subject,) = one("ClusterRoleBinding").inputs["subjects"]
    assert subject == {"kind": "ServiceAccount", "name": "serving", "namespace": "mlp-platform"}


def test_requests_reach_it_and_it_reaches_model_pods_and_the_api_server() -> None:
    policy = one("NetworkPolicy").inputs["spec"]
    (into,), (out,) = policy["ingress"], policy["egress"]
    assert [port["port"] for port in into["ports"]] == [8080]
    assert [port["port"] for port in out["ports"]] == [443, 6443, 3000]


def test_teams_are_promised_who_and_where_it_is() -> None:
    serving = stacks.platform_contract().serving
    assert (serving.namespace, serving.service_account, serving.port) == ("mlp-platform", "serving", 8080)


def test_the_image_and_the_stacks_mean_the_same_names() -> None:
    assert wanted.KEYS == serving_kind.KEYS
    assert f"mlplatform.dev/{wanted.PACKAGE}" == serving_kind.PACKAGE
    assert revision.ACCOUNT == revision.COMPONENT == "model"


def test_the_kind_is_defined_as_it_is_explained() -> None:
    definition = one("CustomResourceDefinition")
    assert definition.metadata["name"] == serving_kind.NAME == "modelservices.mlplatform.dev"
    (version,) = definition.inputs["spec"]["versions"]
    assert version["schema"]["openAPIV3Schema"] == serving_kind.schema()
    assert version["subresources"] == {"status": {}}
    assert definition.inputs["spec"]["names"]["shortNames"] == ["ms"]
