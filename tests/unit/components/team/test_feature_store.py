from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from components.team import TeamSpec
from components.team.feature_spec import FeatureStoreSpec
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, plain


def named(kind: str, name: str, resources: list[Recorded] | None = None) -> Recorded:
    found = [one for one in resources or stacks.team() if one.type.endswith(f":{kind}")]
    (one,) = [one for one in found if one.metadata["name"] == name]
    return one


def secret(name: str) -> dict[str, Any]:
    return dict(plain(named("Secret", name).inputs["stringData"]))


def config(file: str, team: str = "search") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        named("ConfigMap", "feature-store", stacks.team(stacks.team_spec(team))).inputs["data"][file]
    )
    return found


def server() -> tuple[dict[str, Any], dict[str, Any]]:
    pod = named("Deployment", "features").pod
    assert pod
    (container,) = pod["spec"]["containers"]
    return pod, dict(container)


def test_a_team_without_has_nothing_of_it() -> None:
    spec = stacks.team_spec().model_copy(update={"features": None})
    names = {one.inputs.get("metadata", {}).get("name") for one in stacks.team(spec)}
    assert not {name for name in names if name and name.startswith("feature")}
    tenant = named("Tenant", "team-search", stacks.team(spec))
    assert "features" not in tenant.inputs["spec"]


def test_feast_is_told_of_the_teams_own_project() -> None:
    for team in ("search", "recsys"):
        found = config("feature_store.yaml", team)
        # Feast takes no '-' in a project's name.
        assert found["project"] == f"team_{team}"
        assert found["registry"] == {"registry_type": "remote", "path": "features.mlp-platform:6570"}
        assert found["online_store"] == {"type": "remote", "path": f"http://features.team-{team}"}
        assert found["offline_store"] == {"type": "file"}


def test_credentials_come_by_the_environment_alone() -> None:
    keys = secret("feature-keys")
    assert set(keys) == {"FEATURES_KEY", "FEATURES_URL", "FEATURES_PROJECT"}
    for file in ("feature_store.yaml", "worker.yaml"):
        assert config(file)["auth"] == {"type": "oidc", "token": "${FEATURES_KEY}"}
    text = json.dumps(named("ConfigMap", "feature-store").inputs)
    values = [value for name in ("feature-keys", "feature-database") for value in secret(name).values()]
    assert not [value for value in values if len(value) >= 40 and value in text]


def test_the_registry_is_given_the_key_that_pods_have() -> None:
    assert secret("tenant-keys")["features-key"] == secret("feature-keys")["FEATURES_KEY"]
    other = {value for name, value in secret("tenant-keys").items() if name != "features-key"}
    assert secret("feature-keys")["FEATURES_KEY"] not in other


def test_the_server_alone_reaches_the_database() -> None:
    _, container = server()
    read = {one["valueFrom"]["secretKeyRef"]["name"] for one in container["env"] if "valueFrom" in one}
    assert read == {"feature-keys", "feature-database"}
    password = secret("tenant-keys")["database-password"]
    assert secret("feature-database") == {
        "DATABASE_URL": f"postgresql://team-search:{password}@postgres.mlp-foundation:5432/team-search"
    }
    assert config("worker.yaml")["online_store"]["path"] == "http://features.team-search"


def test_the_server_is_restricted_and_has_metrics() -> None:
    pod, container = server()
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert re.fullmatch(r"registry\.test:5000/mlplatform/feast@sha256:[0-9a-f]{64}", container["image"])
    assert pod["metadata"]["annotations"]["mlplatform.dev/metrics-port"] == "9090"
    assert container["resources"] == {"requests": {"cpu": "50m", "memory": "160Mi"}, "limits": {"memory": "160Mi"}}
    plain_ = {one["name"]: one.get("value") for one in container["env"]}
    assert (plain_["TEAM"], plain_["STALE_AFTER"]) == ("team_search", str(48 * 3600))


def test_people_and_other_teams_ask_it_at_one_port_and_it_asks_registry_and_database() -> None:
    policy = named("NetworkPolicy", "features").inputs["spec"]
    pod, _ = server()
    assert pod["metadata"]["labels"].items() >= policy["podSelector"]["matchLabels"].items()
    (into,) = policy["ingress"]
    assert [port["port"] for port in into["ports"]] == [8080]
    (out,) = policy["egress"]
    assert sorted(port["port"] for port in out["ports"]) == [5432, 8080]
    (rule,) = named("Ingress", "features").inputs["spec"]["rules"]
    assert rule["host"] == "features-search.localhost"
    (port,) = named("Service", "features").inputs["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (80, "main")


def test_definitions_are_applied_by_a_pod_of_the_team() -> None:
    job = config("apply.json")
    assert job["metadata"]["namespace"] == "team-search"
    spec = job["spec"]["template"]["spec"]
    assert spec["automountServiceAccountToken"] is False and spec["securityContext"]["runAsNonRoot"]
    (container,) = spec["containers"]
    assert container["args"] == ["apply", "/definitions"]
    assert [one["secretRef"]["name"] for one in container["envFrom"]] == ["worker-keys", "feature-keys"]
    assert job["spec"]["backoffLimit"] == 0


def test_airflows_servers_know_what_works_on_features_beside_a_task() -> None:
    pod = named("Deployment", "airflow").pod
    assert pod
    given = {one["name"]: one.get("value", "") for one in pod["spec"]["containers"][0]["env"]}
    assert re.fullmatch(r"registry\.test:5000/mlplatform/feast@sha256:[0-9a-f]{64}", given["MLP_FEATURES_IMAGE"])
    assert (given["MLP_FEATURES_CPU"], given["MLP_FEATURES_MEMORY"]) == ("50m", "768Mi")


@pytest.mark.parametrize("wrong", [{"stale_after_hours": 0}, {"stale_after_hours": "48"}, {"sever": {}}], ids=str)
def test_what_is_wrong_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FeatureStoreSpec.model_validate(wrong)


def test_a_quota_has_to_have_room_for_it() -> None:
    spec = stacks.team_spec("recsys").model_dump()
    quota = {**spec["quota"], "memory": "2900Mi"}
    with pytest.raises(ValidationError, match="raise memory to 3040Mi or more"):
        TeamSpec.model_validate({**spec, "quota": quota})
