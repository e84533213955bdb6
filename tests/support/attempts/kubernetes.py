"""Attempts with service accounts of the team's namespace, and with pods in it."""

from __future__ import annotations

import time
from typing import Any

from tests.support import pods
from tests.support.attempts.attempt import Attacker, Attempt, Target
from tests.support.refused import Refused

EVERYBODY = ("search", "platform")
FORBIDDEN = r"\(Forbidden\)"
NAME = "e2e-attempt"
SECONDS = 30


def see_secret(who: Attacker, target: Target) -> None:
    who.member.kubectl("get", "secret", "-n", target.namespace, target.secret)


def see_pods(who: Attacker, target: Target) -> None:
    who.scheduler.kubectl("get", "pods", "-n", target.namespace)


def read_logs(who: Attacker, target: Target) -> None:
    log = f"/api/v1/namespaces/{target.namespace}/pods/{target.pod}/log?tailLines=1&container={target.container}"
    who.member.kubectl("get", "--raw", log)


def enter(who: Attacker, target: Target) -> None:
    who.member.kubectl("exec", "-n", target.namespace, target.pod, "--", "true")


def start_pod(who: Attacker, target: Target) -> None:
    """As its Airflow does for a task."""
    _run(who, pods.pod(target.namespace, NAME, [pods.container(who.image)]))


def let_itself_in(who: Attacker, target: Target) -> None:
    """A role for its own service account."""
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": NAME, "namespace": target.namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "ServiceAccount", "name": "airflow", "namespace": who.team.name}],
    }
    who.member.kubectl("create", "-f", "-", given=binding)
    who.member.kubectl("delete", "rolebinding", "-n", target.namespace, NAME)


def change_tenant(who: Attacker, target: Target) -> None:
    who.member.kubectl("annotate", "tenant", "-n", target.namespace, target.namespace, "e2e=1", "--overwrite")


def be_tenant(who: Attacker, target: Target) -> None:
    """A Tenant of the target's name in the team's own namespace, and what the controller says of it."""
    own, name = who.team.name, target.namespace
    if target.namespace != own:
        tenant = {
            "apiVersion": "mlplatform.dev/v1",
            "kind": "Tenant",
            "metadata": {"name": name, "namespace": own},
            "spec": {"secretName": "tenant-keys", "rotation": 1, "onRemoval": "Purge"},
        }
        who.member.kubectl("create", "-f", "-", given=tenant)
    try:
        ready = _ready(who, name)
    finally:
        if target.namespace != own:
            who.member.kubectl("delete", "tenant", "-n", own, name, f"--timeout={SECONDS}s")
    if ready["status"] != "True":
        raise Refused("tenancy", f"{ready['reason']}: {ready['message']}")


def _ready(who: Attacker, name: str) -> dict[str, Any]:
    end = time.monotonic() + SECONDS
    while True:
        tenant = who.cluster.get("tenant", "-n", who.team.name, name)
        for condition in tenant.get("status", {}).get("conditions", []):
            if condition["type"] == "Ready":
                return dict(condition)
        assert time.monotonic() < end, f"nobody says whether {name} is ready"
        time.sleep(0.2)


def mount(who: Attacker, target: Target) -> None:
    """The node's files, or a folder of its own."""
    source: dict[str, Any] = {"hostPath": {"path": "/"}} if target.is_platform else {"emptyDir": {}}
    _run(who, _own(who, volumes=[{"name": "files", **source}]))


def run_privileged(who: Attacker, target: Target) -> None:
    """A container that is root on the node, or one that isn't."""
    spoilt: dict[str, Any] = {"securityContext": {"privileged": True}} if target.is_platform else {}
    _run(who, pods.pod(who.team.name, NAME, [pods.container(who.image, **spoilt)]))


def use_network(who: Attacker, target: Target) -> None:
    """The node's, or its pod's."""
    _run(who, _own(who, hostNetwork=target.is_platform))


def act_as(who: Attacker, target: Target) -> None:
    """A pod under the service account of the target."""
    _run(who, _own(who, serviceAccountName=target.service_account))


def _own(who: Attacker, **changes: Any) -> dict[str, Any]:
    return pods.pod(who.team.name, NAME, [pods.container(who.image)], **changes)


def _run(who: Attacker, pod: dict[str, Any]) -> None:
    who.scheduler.kubectl("create", "-f", "-", given=pod)
    at = ("-n", pod["metadata"]["namespace"])
    who.scheduler.kubectl("delete", "pod", *at, NAME, "--grace-period=0", "--force", "--wait=false")


ATTEMPTS = (
    Attempt("secret-read", FORBIDDEN, see_secret, EVERYBODY),
    Attempt("pods-list", FORBIDDEN, see_pods, EVERYBODY),
    Attempt("pod-log", FORBIDDEN, read_logs, EVERYBODY),
    Attempt("pod-enter", FORBIDDEN, enter, EVERYBODY),
    Attempt("pod-start", FORBIDDEN, start_pod, EVERYBODY),
    Attempt("rights-take", FORBIDDEN, let_itself_in, EVERYBODY),
    Attempt("tenant-change", FORBIDDEN, change_tenant),
    Attempt("tenant-be", "NameNotAllowed", be_tenant),
    Attempt("pod-mount-files", "violates PodSecurity.*hostPath", mount, ("platform",)),
    Attempt("pod-privileged", "violates PodSecurity.*privileged", run_privileged, ("platform",)),
    Attempt("pod-network", "violates PodSecurity.*host namespaces", use_network, ("platform",)),
    Attempt("pod-act-as", "error looking up service account", act_as, ("platform",)),
)
