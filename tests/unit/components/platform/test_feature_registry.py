from __future__ import annotations

from typing import Any

from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, plain


def named(kind: str, name: str) -> Recorded:
    found = [one for one in stacks.platform() if one.type.endswith(f":{kind}")]
    (one,) = [one for one in found if one.metadata["name"] == name]
    return one


def container() -> dict[str, Any]:
    pod = named("Deployment", "features").pod
    assert pod and pod["spec"]["automountServiceAccountToken"] is False
    (found,) = pod["spec"]["containers"]
    return dict(found)


def test_people_reach_it_by_their_teams_server_alone() -> None:
    assert not [
        one for one in stacks.platform() if one.type.endswith(":Ingress") and one.metadata["name"] == "features"
    ]
    policy = named("NetworkPolicy", "features").inputs["spec"]
    (into,) = policy["ingress"]
    assert into["from"] == [{"namespaceSelector": {"matchLabels": {"app.kubernetes.io/part-of": "mlplatform"}}}]
    assert sorted(port["port"] for port in into["ports"]) == [6570, 8080]
    (out,) = policy["egress"]
    assert [port["port"] for port in out["ports"]] == [5432]


def test_it_has_a_database_of_its_own_and_an_admins_key_that_the_controller_reads() -> None:
    url = plain(named("Secret", "features-registry-keys").inputs["stringData"])["database-url"]
    assert url.startswith("postgresql://features:") and url.endswith("@postgres.mlp-foundation:5432/features")
    admin = plain(named("Secret", "features-admin").inputs["stringData"])
    assert admin["password"] not in url
    hidden = {one["name"]: one["valueFrom"]["secretKeyRef"]["name"] for one in container()["env"] if "valueFrom" in one}
    assert hidden == {"DATABASE_URL": "features-registry-keys", "ADMIN_KEY": "features-admin"}


def test_a_database_that_is_away_does_not_restart_it() -> None:
    probes = {name: container()[name]["httpGet"]["path"] for name in ("readinessProbe", "livenessProbe")}
    assert probes == {"readinessProbe": "/health", "livenessProbe": "/live"}


def test_teams_are_told_where_it_is() -> None:
    promised = stacks.platform_contract().features
    (ports,) = [{port["name"]: int(port["port"]) for port in named("Service", "features").inputs["spec"]["ports"]}]
    assert promised.uri == f"http://features.mlp-platform:{ports['main']}"
    assert promised.grpc == f"features.mlp-platform:{ports['grpc']}"
