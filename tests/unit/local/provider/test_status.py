"""Readiness of each kind, from states as API servers report them."""

from __future__ import annotations

from typing import Any

import pytest

from local.provider.await_ import special, status
from local.provider.await_.status import Status


def conditions(**states: str) -> dict[str, Any]:
    return {
        "conditions": [{"type": kind, "status": state, "reason": "R", "message": "M"} for kind, state in states.items()]
    }


def rollout(generation: int = 1, wanted: int = 2, **state: Any) -> dict[str, Any]:
    return {"metadata": {"generation": generation}, "spec": {"replicas": wanted}, "status": state}


DEPLOYED = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
STATEFUL = {"observedGeneration": 1, "replicas": 2, "readyReplicas": 2, "currentRevision": "a", "updateRevision": "a"}
DAEMONS = {
    "observedGeneration": 1,
    "desiredNumberScheduled": 2,
    "updatedNumberScheduled": 2,
    "numberAvailable": 2,
    "numberReady": 2,
}


@pytest.mark.parametrize(
    ("check", "obj", "ready"),
    [
        (status.deployment, rollout(**DEPLOYED), True),
        (status.deployment, rollout(wanted=0, observedGeneration=1), True),
        (status.deployment, rollout(), False),
        (status.deployment, rollout(generation=2, **DEPLOYED), False),
        (status.deployment, rollout(**{**DEPLOYED, "updatedReplicas": 1}), False),
        (status.deployment, rollout(**{**DEPLOYED, "availableReplicas": 1}), False),
        (status.deployment, rollout(**{**DEPLOYED, "replicas": 3}), False),
        (status.stateful_set, rollout(**STATEFUL), True),
        (status.stateful_set, rollout(generation=2, **STATEFUL), False),
        (status.stateful_set, rollout(**{**STATEFUL, "readyReplicas": 1}), False),
        (status.stateful_set, rollout(**{**STATEFUL, "updateRevision": "b"}), False),
        (status.daemon_set, rollout(**DAEMONS), True),
        (status.daemon_set, rollout(**{**DAEMONS, "updatedNumberScheduled": 1}), False),
        (status.daemon_set, rollout(**{**DAEMONS, "numberReady": 1}), False),
        (status.daemon_set, rollout(generation=3, **DAEMONS), False),
        (status.replicated, rollout(availableReplicas=2), False),
        (status.replicated, rollout(observedGeneration=1, availableReplicas=2), True),
        (status.job, {"status": conditions(Complete="True")}, True),
        (status.job, {"status": {"active": 1}}, False),
        (status.pod, {"status": {"phase": "Running", **conditions(Ready="True")}}, True),
        (status.pod, {"status": {"phase": "Succeeded"}}, True),
        (status.pod, {"status": {"phase": "Running", **conditions(Ready="False")}}, False),
        (status.persistent_volume, {"status": {"phase": "Available"}}, True),
        (status.persistent_volume, {"status": {"phase": "Pending"}}, False),
        (status.claim, {"status": {"phase": "Bound"}}, True),
        (status.claim, {"status": {"phase": "Pending"}}, False),
        (status.quota, {"spec": {"hard": {"pods": "1"}}, "status": {"hard": {"pods": "1"}}}, True),
        (status.quota, {"spec": {"hard": {"pods": "1"}}, "status": {}}, False),
        (status.secret, {"type": "Opaque"}, True),
        (status.secret, {"type": "kubernetes.io/service-account-token"}, False),
        (status.secret, {"type": "kubernetes.io/service-account-token", "data": {"token": "x"}}, True),
        (status.crd, {"status": conditions(NamesAccepted="True", Established="True")}, True),
        (status.crd, {"status": {}}, False),
        (status.generic, {"status": {}}, True),
        (status.generic, {"status": conditions(Ready="False")}, False),
        (status.generic, {"metadata": {"generation": 2}, "status": {"observedGeneration": 1}}, False),
        (status.generic, {"status": conditions(Reconciling="True", Ready="True")}, False),
        (special.load_balancer, {"status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}}, True),
        (special.load_balancer, {"status": {"loadBalancer": {}}}, False),
    ],
)
def test_ready(check: status.Check, obj: dict[str, Any], ready: bool) -> None:
    found = check(obj)
    assert found.ready is ready
    assert ready or found.message, "waiting without saying for what"
    assert not found.failed


@pytest.mark.parametrize(
    ("check", "obj", "says"),
    [
        (status.job, {"status": conditions(Failed="True")}, "Job failed: R: M"),
        (status.pod, {"status": {"phase": "Failed", "message": "evicted"}}, "evicted"),
        (status.crd, {"status": conditions(NamesAccepted="False")}, "M"),
        (status.generic, {"status": conditions(Stalled="True")}, "M"),
    ],
)
def test_what_will_never_be_ready_ends_the_wait(check: status.Check, obj: dict[str, Any], says: str) -> None:
    found = check(obj)
    assert (found.ready, found.failed) == (False, True)
    assert says in found.message


def test_a_stalled_rollout_says_why() -> None:
    obj = rollout(observedGeneration=1, **conditions(Progressing="False"))
    assert "[R] M" in status.deployment(obj).message


def test_kinds_without_a_check_are_ready_once_they_exist() -> None:
    assert status.check_of({"apiVersion": "v1", "kind": "ConfigMap"}) is None
    assert status.check_of({"apiVersion": "example.com/v1", "kind": "Deployment"}) is None
    assert status.check_of({"apiVersion": "apps/v1", "kind": "Deployment"}) is not None


@pytest.mark.parametrize(
    ("spec", "needs"),
    [
        ({"selector": {"a": "b"}}, True),
        ({"selector": {"a": "b"}, "clusterIP": "None"}, False),
        ({"selector": {"a": "b"}, "type": "ExternalName"}, False),
        ({}, False),
    ],
)
def test_services_that_need_pods(spec: dict[str, Any], needs: bool) -> None:
    assert special.service_needs_pods({"spec": spec}) is needs


def test_backends_of_an_ingress() -> None:
    rule = {"http": {"paths": [{"backend": {"service": {"name": "b"}}}, {"backend": {"resource": {}}}]}}
    ingress = {"spec": {"rules": [rule, {}], "defaultBackend": {"service": {"name": "a"}}}}
    assert special.backends(ingress) == ["a", "b"]


def test_status_is_plain() -> None:
    assert Status(True) == Status(True, "", False)
