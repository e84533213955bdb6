"""Every rule lets a right stack through, and says what is wrong with each field that it is about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import policies
from policies.catalog import RULES
from policies.reproducibility import images_by_digest
from policies.resource import Resource
from policies.rule import Area, Rule
from tests.support.rules import faults
from tests.unit.policies.compliant import GONE, IMAGE, broken, stack, template

POD = ("spec", "template", "spec")
MAIN = (*POD, "containers", 0)
FIRST = (*POD, "initContainers", 0)
CRON = ("spec", "jobTemplate", "spec")
SECURITY = "securityContext"
D, J, GIT = "deployment", "job", "Deployment git"
OTHER = f"docker.io/library/redis@sha256:{'1' * 64}"

ROWS: list[tuple[str, str, tuple[str | int, ...], Any, str]] = [
    # security
    (
        "security-no-privilege",
        D,
        (*MAIN, SECURITY, "privileged"),
        True,
        f"{GIT}: container main is privileged",
    ),
    (
        "security-no-privilege",
        D,
        (*FIRST, SECURITY, "allowPrivilegeEscalation"),
        GONE,
        f"{GIT}: container first may gain privileges",
    ),
    (
        "security-no-privilege",
        J,
        (*MAIN, SECURITY, "capabilities"),
        GONE,
        "Job prepare: container main keeps capabilities",
    ),
    (
        "security-no-privilege",
        D,
        (*MAIN, SECURITY, "capabilities", "add"),
        ["NET_BIND_SERVICE", "SYS_ADMIN"],
        f"{GIT}: container main adds capability SYS_ADMIN",
    ),
    ("security-non-root", D, (*POD, SECURITY, "runAsUser"), 0, f"{GIT}: container main runs as user 0"),
    (
        "security-non-root",
        D,
        (*MAIN, SECURITY, "runAsNonRoot"),
        False,
        f"{GIT}: container main may run as root",
    ),
    (
        "security-read-only-root",
        D,
        (*MAIN, SECURITY, "readOnlyRootFilesystem"),
        False,
        f"{GIT}: container main can write into its image",
    ),
    (
        "security-seccomp",
        "cron",
        (*CRON, "template", "spec", SECURITY, "seccompProfile"),
        GONE,
        "CronJob nightly: container main has seccomp profile none",
    ),
    (
        "security-seccomp",
        D,
        (*MAIN, SECURITY, "seccompProfile"),
        {"type": "Unconfined"},
        f"{GIT}: container main has seccomp profile Unconfined",
    ),
    ("security-no-host", D, (*POD, "hostNetwork"), True, f"{GIT} has hostNetwork"),
    ("security-no-host", D, (*POD, "volumes", 0), {"hostPath": {"path": "/etc"}}, f"{GIT} mounts /etc of the node"),
    ("security-no-host", D, (*MAIN, "ports", 0, "hostPort"), 80, f"{GIT}: container main takes port 80 of the node"),
    (
        "security-no-unasked-token",
        D,
        (*POD, "automountServiceAccountToken"),
        GONE,
        f"{GIT} gets a token of the namespace's default account",
    ),
    (
        "security-no-plain-secrets",
        D,
        (*MAIN, "env", 1),
        {"name": "PASSWORD", "value": "hunter2"},
        f"{GIT}: container main has a secret in variable PASSWORD",
    ),
    (
        "security-no-plain-secrets",
        D,
        (*MAIN, "env", 0),
        {"name": "DATABASE_URI", "value": "postgres://search:hunter2@postgres/search"},
        f"{GIT}: container main has a secret in variable DATABASE_URI",
    ),
    (
        "security-no-plain-secrets",
        D,
        (*MAIN, "args"),
        ["--database=postgres://search:hunter2@postgres/search"],
        f"{GIT}: container main has a secret among its arguments",
    ),
    (
        "security-no-plain-secrets",
        "settings",
        ("data", "key.pem"),
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
        "ConfigMap settings has a secret in key.pem",
    ),
    ("security-least-rights", "role", ("rules", 0, "verbs"), ["*"], "Role reader: rules[0].verbs has *"),
    (
        "security-least-rights",
        "role",
        ("rules", 0, "verbs"),
        ["impersonate"],
        "Role reader: rules[0] lets whoever has it impersonate without naming what",
    ),
    ("security-no-cluster-admin", "binding", ("roleRef", "name"), "cluster-admin", "gives role cluster-admin"),
    (
        "security-no-cluster-admin",
        "binding",
        ("subjects", 0),
        {"kind": "Group", "name": "system:authenticated"},
        "RoleBinding reader gives rights to system:authenticated",
    ),
    (
        "security-restricted-namespaces",
        "namespace",
        ("metadata", "labels", "pod-security.kubernetes.io/enforce"),
        "baseline",
        "Namespace team-search enforces pod security baseline",
    ),
    # cost
    (
        "cost-requests",
        D,
        (*FIRST, "resources", "requests", "cpu"),
        GONE,
        f"{GIT}: container first doesn't say how much cpu it needs",
    ),
    ("cost-bounded-scratch", D, (*POD, "volumes", 0, "emptyDir"), {}, f"{GIT}: volume tmp may grow without end"),
    ("cost-jobs-end", J, ("spec", "activeDeadlineSeconds"), GONE, "Job prepare may run without end"),
    ("cost-jobs-end", "cron", (*CRON, "activeDeadlineSeconds"), GONE, "CronJob nightly may run without end"),
    ("cost-team-quota", "quota", ("spec", "hard", "pods"), GONE, "Namespace team-search has no quota for pods"),
    # reproducibility
    (
        "reproducibility-images-by-digest",
        D,
        (*MAIN, "image"),
        IMAGE.partition("@")[0] + ":latest",
        "mlplatform/git:latest is not by digest",
    ),
    ("reproducibility-images-by-digest", D, (*MAIN, "image"), OTHER, f"image {OTHER} is no golden one"),
    (
        "reproducibility-images-by-digest",
        D,
        (*POD, "volumes", 0),
        {"name": "model", "image": {"reference": "models/search:3"}},
        f"{GIT}: volume model: image models/search:3 is not by digest",
    ),
    # tenancy
    (
        "tenancy-own-namespace",
        "role",
        ("metadata", "namespace"),
        "team-recsys",
        "Role reader is in namespace team-recsys",
    ),
    ("tenancy-own-namespace", "role", ("metadata", "namespace"), GONE, "Role reader is the whole cluster's"),
    (
        "tenancy-own-subjects",
        "binding",
        ("subjects", 0, "namespace"),
        "team-recsys",
        "RoleBinding reader gives rights to airflow of team-recsys",
    ),
    (
        "tenancy-denied-by-default",
        "network",
        ("spec", "podSelector"),
        {"matchLabels": {"app": "git"}},
        "Namespace team-search lets everybody in",
    ),
    (
        "tenancy-denied-by-default",
        "network",
        ("spec", "policyTypes"),
        ["Egress"],
        "Namespace team-search lets everybody in",
    ),
    # reliability
    (
        "reliability-memory-limit",
        J,
        (*MAIN, "resources", "limits"),
        GONE,
        "Job prepare: container main may take all memory of its node",
    ),
    (
        "reliability-readiness",
        D,
        (*MAIN, "readinessProbe"),
        GONE,
        f"{GIT}: container main has ports and doesn't say when it is ready",
    ),
    (
        "reliability-one-writer",
        D,
        ("spec", "strategy"),
        {"type": "RollingUpdate"},
        f"{GIT} starts a second pod on claim data at a rollout",
    ),
]


def test_a_right_stack_keeps_to_all() -> None:
    assert faults(stack()) == {}


@pytest.mark.parametrize(("rule", "name", "path", "value", "what"), ROWS)
def test_one_wrong_field_is_told(rule: str, name: str, path: tuple[str | int, ...], value: Any, what: str) -> None:
    said = faults(broken(name, path, value))
    assert any(what in message for message in said.pop(rule, [])), said
    assert said == {}


def test_a_pod_that_lies_in_a_config_map_is_seen() -> None:
    said = faults(template(("spec", "hostPID"), True))
    assert said == {"security-no-host": ["ConfigMap settings, pod.yaml has hostPID"]}


def test_what_is_no_manifest_is_no_pod() -> None:
    assert faults(broken("settings", ("data", "grafana.yaml"), "containers: [unclosed")) == {}
    assert faults(broken("settings", ("data", "list.yaml"), "- containers")) == {}


@pytest.mark.parametrize("kind", ["flowcontrol.apiserver.k8s.io/v1beta3:FlowSchema", "apps/v1beta1:ControllerRevision"])
def test_apis_that_will_go_are_told(kind: str) -> None:
    assert list(faults([Resource(f"kubernetes:{kind}", "one")])) == ["reliability-stable-apis"]


def test_a_platform_may_run_what_others_built_by_digest() -> None:
    (deployment,) = [
        one
        for one in broken("deployment", ("spec", "template", "spec", "containers", 0, "image"), OTHER)
        if one.kind == "Deployment"
    ]
    assert list(images_by_digest.RULE.check(deployment))
    elsewhere = {**deployment.metadata, "namespace": "mlp-platform"}
    assert (
        list(images_by_digest.RULE.check(replace(deployment, props={**deployment.props, "metadata": elsewhere}))) == []
    )


def test_kinds_of_others_may_be_beta() -> None:
    assert faults([Resource("kubernetes:mlplatform.dev/v1alpha1:Tenant", "one", {"metadata": {}})]) == {}


def test_two_teams_in_one_stack_are_told() -> None:
    another = Resource(
        "kubernetes:core/v1:Namespace",
        "another",
        {
            "metadata": {
                "name": "team-ads",
                "labels": {"mlplatform.dev/team": "ads", "pod-security.kubernetes.io/enforce": "restricted"},
            }
        },
    )
    said = faults([*stack(), another])
    assert said["tenancy-own-namespace"] == ["the stack makes namespaces of 2 teams: team-search, team-ads"]
    assert "cost-team-quota" in said
    assert "tenancy-denied-by-default" in said


def test_what_no_team_owns_may_be_anywhere() -> None:
    shared = [one for one in stack() if one.name in ("role", "claim")]
    assert faults(shared) == {}


def test_every_rule_is_broken_by_a_row() -> None:
    assert {row[0] for row in ROWS} | {"reliability-stable-apis"} == {rule.name for rule in RULES}


def test_every_file_with_a_rule_is_in_the_catalog() -> None:
    root = Path(policies.__file__).parent
    files = {path for area in Area for path in (root / area).glob("*.py") if "RULE = " in path.read_text()}
    assert len(files) == len(RULES) == len({rule.name for rule in RULES})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_lies_in_its_area(rule: Rule) -> None:
    assert rule.area in rule.check.__module__.split(".")
    assert rule.says.endswith(".")
    assert not rule.fix.endswith(".")
