"""What holds for every object of every component."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from components.kubernetes.secrets import derive_text
from tests.unit.components import stacks
from tests.unit.components.recorded import SECRET_MARK, Recorded, plain

# The engine registers side by side; xdist's workers must agree on the order.
OBJECTS = sorted(
    (found for found in stacks.shipped() if found.type.startswith("kubernetes:")),
    key=lambda found: (found.type, found.name),
)
WORKLOADS = [found for found in OBJECTS if found.pod]
DERIVED = {
    derive_text(stacks.ROOT, component, name, 1)
    for component, name in (
        ("postgres", "admin"),
        ("object-store", "admin"),
        ("mlflow", "database"),
        ("mlflow", "bucket"),
        ("mlflow", "admin"),
        ("mlflow", "session"),
        ("git", "admin"),
        ("prometheus", "admin"),
        ("alertmanager", "admin"),
        ("postgres-exporter", "database"),
        ("workspace", "examples"),
        *(("team-search", purpose) for purpose in ("database", "object-store", "tracking", "repository", "check")),
        *(("team-search", purpose) for purpose in ("admin", "api")),
    )
}
WITH_TOKEN = {"airflow", "serving", "tenancy", "prometheus", "alertmanager", "cluster-state", "hub"}
"""What speaks to the API server, with as few rights as it needs."""


def name_of(found: Recorded) -> str:
    return found.name


def containers(found: Recorded) -> list[dict[str, Any]]:
    assert found.pod
    spec = found.pod["spec"]
    return [*spec["containers"], *spec.get("initContainers", [])]


def test_there_are_workloads_of_each_sort() -> None:
    kinds = sorted(found.type.rsplit(":", 1)[-1] for found in WORKLOADS)
    assert {"DaemonSet", "Deployment", "Job", "StatefulSet"} == set(kinds)
    assert len(kinds) > 6


@pytest.mark.parametrize("found", OBJECTS, ids=name_of)
def test_every_object_has_a_name_of_ours_and_our_labels(found: Recorded) -> None:
    # The API server says what a kind's definition is called.
    dots = "." if found.type.endswith(":CustomResourceDefinition") else ""
    assert re.fullmatch(rf"[a-z0-9{dots}-]{{1,63}}", found.metadata["name"])
    assert found.metadata["labels"]["app.kubernetes.io/part-of"] == "mlplatform"
    assert {"app.kubernetes.io/name", "app.kubernetes.io/component"} <= set(found.metadata["labels"])


def test_no_object_is_made_twice() -> None:
    made = [(found.type, found.metadata.get("namespace"), found.metadata["name"]) for found in OBJECTS]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("found", WORKLOADS, ids=name_of)
def test_pods_meet_the_restricted_standard(found: Recorded) -> None:
    assert found.pod
    spec = found.pod["spec"]
    security = spec["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] == security["runAsGroup"] == security["fsGroup"] == 10001
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    assert spec["automountServiceAccountToken"] is (found.metadata["name"] in WITH_TOKEN)
    assert spec.get("serviceAccountName", "default") != "default" or not spec["automountServiceAccountToken"]
    assert spec["enableServiceLinks"] is False
    for volume in spec["volumes"]:
        assert set(volume) - {"name"} <= {"persistentVolumeClaim", "emptyDir", "configMap", "secret"}
    for container in containers(found):
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["readOnlyRootFilesystem"] is True
        assert own["runAsNonRoot"] is True
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert "privileged" not in own


@pytest.mark.parametrize("found", WORKLOADS, ids=name_of)
def test_images_run_by_digest_from_our_registry(found: Recorded) -> None:
    for container in containers(found):
        assert re.fullmatch(r"registry\.test:5000/mlplatform/[a-z-]+@sha256:[0-9a-f]{64}", container["image"])


@pytest.mark.parametrize("found", WORKLOADS, ids=name_of)
def test_containers_ask_for_what_they_use_and_memory_is_bound(found: Recorded) -> None:
    for container in containers(found):
        requests = container["resources"]["requests"]
        assert set(requests) == {"cpu", "memory"}
        assert container["resources"]["limits"] == {"memory": requests["memory"]}


@pytest.mark.parametrize("found", [found for found in WORKLOADS if not found.type.endswith("Job")], ids=name_of)
def test_servers_are_probed(found: Recorded) -> None:
    assert found.pod
    for container in found.pod["spec"]["containers"]:
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)


@pytest.mark.parametrize("found", [found for found in WORKLOADS if found.type.endswith("Job")], ids=name_of)
def test_jobs_stay_so_that_the_next_up_finds_them(found: Recorded) -> None:
    assert "ttlSecondsAfterFinished" not in found.inputs["spec"]
    assert found.inputs["spec"]["activeDeadlineSeconds"] <= 600


def test_selectors_find_their_pods() -> None:
    services = [found for found in OBJECTS if found.type == "kubernetes:core/v1:Service"]
    assert len(services) > 3
    for service in services:
        selected = [
            found
            for found in WORKLOADS
            if found.metadata["namespace"] == service.metadata["namespace"]
            and service.inputs["spec"]["selector"].items() <= (found.pod or {})["metadata"]["labels"].items()
        ]
        assert [found.metadata["name"] for found in selected] == [service.metadata["name"]]


def test_every_namespace_is_restricted_and_starts_from_no_traffic() -> None:
    namespaces = {found.metadata["name"]: found for found in OBJECTS if found.type == "kubernetes:core/v1:Namespace"}
    assert set(namespaces) == {"mlp-foundation", "mlp-platform", "mlp-examples", "team-search"}
    for namespace in namespaces.values():
        assert namespace.metadata["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    closed = {
        found.metadata["namespace"]
        for found in OBJECTS
        if found.type.endswith(":NetworkPolicy")
        and found.metadata["name"] == "default"
        and not found.inputs["spec"]["podSelector"]
        and found.inputs["spec"]["policyTypes"] == ["Ingress", "Egress"]
        and "ingress" not in found.inputs["spec"]
    }
    assert closed == set(namespaces)


def test_what_a_pod_mounts_and_reads_is_there() -> None:
    made = {
        (found.type.rsplit(":", 1)[-1], found.metadata.get("namespace"), found.metadata["name"]) for found in OBJECTS
    }
    for found in WORKLOADS:
        assert found.pod
        space = found.metadata["namespace"]
        for volume in found.pod["spec"]["volumes"]:
            if claim := volume.get("persistentVolumeClaim"):
                assert ("PersistentVolumeClaim", space, claim["claimName"]) in made
            if config := volume.get("configMap"):
                assert ("ConfigMap", space, config["name"]) in made
            if secret := volume.get("secret"):
                assert ("Secret", space, secret["secretName"]) in made
        mounted = {volume["name"] for volume in found.pod["spec"]["volumes"]}
        for container in containers(found):
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= mounted
            for variable in container.get("env", []):
                if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                    assert ("Secret", space, reference["name"]) in made
                    keys = next(
                        plain(other.inputs["stringData"])
                        for other in OBJECTS
                        if other.type.endswith(":Secret")
                        and (other.metadata["namespace"], other.metadata["name"]) == (space, reference["name"])
                    )
                    assert reference["key"] in keys


def test_secrets_are_in_secrets_alone_and_marked_as_such() -> None:
    seen = set()
    for found in stacks.shipped():
        if found.type.endswith(":Secret"):
            assert SECRET_MARK in found.inputs["stringData"], f"{found.name} would be in the state in plain text"
            values = set(plain(found.inputs["stringData"]).values())
            seen |= values & DERIVED
            continue
        text = json.dumps(found.inputs, default=str)
        for value in DERIVED | {stacks.ROOT}:
            assert value not in text
            assert base64.b64encode(value.encode()).decode() not in text
    assert seen == DERIVED, "the test looks for the secrets that there are"


def test_no_secret_is_an_argument() -> None:
    for found in WORKLOADS:
        for container in containers(found):
            text = " ".join([*container.get("command", []), *container.get("args", [])]).lower()
            assert not re.search(r"passw|secret|token|key", text)


def test_the_provider_takes_over_what_a_killed_run_left() -> None:
    providers = [found for found in stacks.shipped() if found.type == "pulumi:providers:kubernetes"]
    assert len(providers) == 3
    for provider in providers:
        assert provider.inputs["context"] == "mlplatform"
        assert "kubeconfig" not in provider.inputs
        for setting in ("upsertExistingObjects", "enableConfigMapMutable", "enableSecretMutable"):
            assert provider.inputs[setting] in (True, "true")
