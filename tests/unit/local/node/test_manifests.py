from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.node import manifests
from local.node.config import NODE_IMAGES, NodeConfig
from local.node.layout import Layout
from local.node.machine import Machine
from local.problem import Problem

MACHINE = Machine(1, systemd=False, may_lower_oom_score=True, mtu=1500, resolv_conf=Path("/etc/resolv.conf"))
IMAGES = {name: f"registry.mlplatform.internal/{name}:0123456789abcdef" for name in NODE_IMAGES}


def values(config: NodeConfig | None = None, machine: Machine = MACHINE) -> dict[str, str]:
    return manifests.values(config or NodeConfig(), Layout(Path("/home/node"), Path("/run/x")), machine, IMAGES)


def pods(given: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Name and spec of every pod and pod template."""
    found = {name: yaml.safe_load(text)["spec"] for name, text in manifests.static_pods(given, "c").items()}
    for each in manifests.addons(given):
        if each["kind"] in ("Deployment", "DaemonSet"):
            found[each["metadata"]["name"]] = each["spec"]["template"]["spec"]
        if each["kind"] == "ConfigMap" and "helperPod.yaml" in each["data"]:
            found["helper"] = yaml.safe_load(each["data"]["helperPod.yaml"])["spec"]
    return found


def test_every_image_but_pause_is_used_and_none_is_pulled() -> None:
    containers = [container for spec in pods(values()).values() for container in spec["containers"]]
    assert {container["image"] for container in containers} == {IMAGES[name] for name in NODE_IMAGES if name != "pause"}
    assert {container["imagePullPolicy"] for container in containers} == {"Never"}


@pytest.mark.parametrize("name", [name for name in pods(values()) if name != "helper"])
def test_pods_are_restricted(name: str) -> None:
    spec = pods(values())[name]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["readOnlyRootFilesystem"] is True
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["requests"]


def test_the_helper_is_root_with_two_capabilities() -> None:
    (container,) = pods(values())["helper"]["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["DAC_OVERRIDE", "FOWNER"]}


def test_components_run_as_different_users() -> None:
    users = [
        yaml.safe_load(text)["spec"]["securityContext"]["runAsUser"]
        for text in manifests.static_pods(values(), "c").values()
    ]
    assert len(set(users)) == len(users) == 5


def test_a_new_certificate_replaces_the_pods_that_read_one() -> None:
    first, second = manifests.static_pods(values(), "a"), manifests.static_pods(values(), "b")
    same = {name for name in first if yaml.safe_load(first[name]) == yaml.safe_load(second[name])}
    assert same == {"registry.yaml"}


def test_ports_and_addresses_are_the_configurations() -> None:
    given = values(NodeConfig(ingress_port=9999, registry_port=5999, api_port=7443))
    traefik = pods(given)["traefik"]["containers"][0]["command"]
    assert "--entrypoints.web.address=127.0.0.1:9999" in traefik
    registry = pods(given)["registry.yaml"]["containers"][0]["env"]
    assert {"name": "REGISTRY_HTTP_ADDR", "value": "100.64.0.1:5999"} in registry
    assert "--secure-port=7443" in pods(given)["kube-apiserver.yaml"]["containers"][0]["command"]


def test_nothing_listens_on_every_address() -> None:
    for name, spec in pods(values()).items():
        text = yaml.safe_dump(spec)
        assert "0.0.0.0" not in text, name
        assert "hostPort" not in text, name


def test_a_changed_config_map_replaces_its_pods_and_no_others() -> None:
    def hashes(given: dict[str, str]) -> dict[str, Any]:
        return {
            each["metadata"]["name"]: each["spec"]["template"]["metadata"].get("annotations", {})
            for each in manifests.addons(given)
            if each["kind"] == "Deployment"
        }

    before, after = hashes(values()), hashes(values(machine=dataclasses.replace(MACHINE, resolv_conf=None)))
    assert {name for name in before if before[name] != after[name]} == {"coredns"}


def test_without_a_name_server_dns_forwards_nothing() -> None:
    def corefile(machine: Machine) -> str:
        maps = [each for each in manifests.addons(values(machine=machine)) if each["kind"] == "ConfigMap"]
        return next(str(each["data"]["Corefile"]) for each in maps if "Corefile" in each["data"])

    assert "forward . /etc/resolv.conf" in corefile(MACHINE)
    assert "forward" not in corefile(dataclasses.replace(MACHINE, resolv_conf=None))


def test_objects_come_before_what_needs_them() -> None:
    kinds = [each["kind"] for each in manifests.addons(values())]
    assert kinds[0] == "Namespace"
    first_workload = min(index for index, kind in enumerate(kinds) if kind in ("Deployment", "DaemonSet"))
    assert set(kinds[first_workload:]) <= {"Deployment", "DaemonSet"}


def test_workloads_are_named() -> None:
    assert ("Deployment", "kube-system", "coredns") in manifests.workloads(manifests.addons(values()))
    assert len(manifests.workloads(manifests.addons(values()))) == 4


@pytest.mark.parametrize("value", ["a\nb", "x: {y}", "a'b", 'a"b', "$(reboot)", "#"])
def test_values_cannot_change_the_yaml_around_them(value: str) -> None:
    with pytest.raises(Problem, match="node"):
        manifests.fill("name: ${node}", {"node": value})


def test_an_unknown_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        manifests.fill("${nobody}", {})
