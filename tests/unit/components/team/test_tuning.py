from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from components.team import TeamSpec
from components.team.tuning_spec import TuningSpec
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, plain


def with_dashboard() -> TeamSpec:
    return stacks.team_spec().model_copy(update={"tuning": TuningSpec(dashboard=True)})


def named(resources: list[Recorded], kind: str, name: str) -> Recorded:
    (found,) = [one for one in resources if one.type.endswith(f":{kind}") and one.metadata["name"] == name]
    return found


def job(spec: TeamSpec | None = None) -> dict[str, Any]:
    """The Job of a sweep as the file in the ConfigMap says it."""
    found: dict[str, Any] = json.loads(named(stacks.team(spec), "ConfigMap", "tuning").inputs["data"]["job.json"])
    return found


def container() -> dict[str, Any]:
    (found,) = job()["spec"]["template"]["spec"]["containers"]
    return dict(found)


def test_a_sweep_ends_when_a_worker_saw_all_trials_ended() -> None:
    spec = job()["spec"]
    assert "completions" not in spec
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    # One that can't be mended by another pod ends it all; a drained node's is nobody's fault.
    failing, drained = spec["podFailurePolicy"]["rules"]
    assert (failing["action"], failing["onExitCodes"]["values"]) == ("FailJob", [3])
    assert failing["onExitCodes"]["containerName"] == container()["name"]
    assert drained["action"] == "Ignore"
    assert spec["ttlSecondsAfterFinished"] and spec["activeDeadlineSeconds"]


def test_its_pods_are_restricted_and_have_no_token() -> None:
    spec = job()["spec"]["template"]["spec"]
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == ("tuner", False)
    assert spec["securityContext"]["runAsNonRoot"] is True
    own = container()["securityContext"]
    assert own["readOnlyRootFilesystem"] and own["capabilities"] == {"drop": ["ALL"]}
    assert re.fullmatch(r"registry\.test:5000/mlplatform/tuning@sha256:[0-9a-f]{64}", container()["image"])
    assert container()["resources"] == {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}


def test_no_secret_is_in_it() -> None:
    assert container()["envFrom"] == [{"secretRef": {"name": "worker-keys"}}]
    hidden = [one for one in container()["env"] if "value" not in one]
    assert [one["valueFrom"]["secretKeyRef"]["name"] for one in hidden] == ["tuning-keys"]


def test_trials_are_in_the_teams_own_database() -> None:
    keys = plain(named(stacks.team(), "Secret", "tuning-keys").inputs["stringData"])
    tenant = plain(named(stacks.team(), "Secret", "tenant-keys").inputs["stringData"])
    password = tenant["database-password"]
    assert keys["storage-url"].startswith(f"postgresql+psycopg2://team-search:{password}@")
    assert keys["storage-url"].endswith(":5432/team-search")
    assert keys["dashboard-password"] not in tenant.values()


def test_there_is_no_dashboard_unless_it_is_wanted() -> None:
    assert not [one for one in stacks.team() if one.type.endswith(":Deployment") and one.metadata["name"] == "tuning"]


def test_the_dashboard_is_reached_by_people_and_reaches_the_database_alone() -> None:
    resources = stacks.team(with_dashboard())
    policy = named(resources, "NetworkPolicy", "tuning").inputs["spec"]
    assert {int(port["port"]) for rule in policy["egress"] for port in rule["ports"]} == {5432}
    (into,) = policy["ingress"]
    assert all("ipBlock" in peer for peer in into["from"])
    pod = named(resources, "Deployment", "tuning").pod
    assert pod is not None
    (one,) = pod["spec"]["containers"]
    assert one["args"] == ["dashboard"]
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["metadata"]["labels"].items() >= policy["podSelector"]["matchLabels"].items()
    (rule,) = named(resources, "Ingress", "tuning").inputs["spec"]["rules"]
    assert rule["host"] == "tuning-search.localhost"


def test_a_wrong_key_is_said() -> None:
    with pytest.raises(ValidationError, match="dashbord"):
        TuningSpec.model_validate({"dashbord": True})
