"""The policy pack on the real engine: our stacks keep to it, and a careless one is stopped before anything is made."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from local import paths
from local.problem import Problem
from mlp import engine, environment, policy
from mlp.engine import Stack
from policies.catalog import RULES
from tests.support import real_engine
from tests.support.commands import MLP, run

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
CARELESS = paths.checkout() / "tests" / "doubles" / "careless_stack"
BROKEN = {
    "security-no-privilege",
    "security-non-root",
    "security-read-only-root",
    "security-seccomp",
    "cost-requests",
    "cost-team-quota",
    "reproducibility-images-by-digest",
    "reliability-memory-limit",
    "tenancy-denied-by-default",
    "tenancy-own-namespace",
}


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Engine and plugins as plain `pulumi` finds them, with a backend of its own and no cluster."""
    real_engine.require()
    (tmp_path / "kubeconfig").touch()
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    for name, value in {**environment.ensure(), "KUBECONFIG": str(tmp_path / "kubeconfig")}.items():
        monkeypatch.setenv(name, value)


def test_every_stack_keeps_to_every_rule(tmp_path: Path) -> None:
    ran = run([MLP, "policy", "--sarif", str(tmp_path / "found.sarif")], 560).must_succeed()
    stacks = [path.stem for path in (paths.checkout() / "stacks").glob("local-*.yaml")]
    for stack in stacks:
        assert f"{stack}: keeps to {len(RULES)} rules (" in ran.stdout
    (found,) = json.loads((tmp_path / "found.sarif").read_text())["runs"]
    assert found["results"] == []


def test_a_careless_stack_is_told_all_that_is_wrong_and_stopped(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(CARELESS, project)
    found = policy.findings("careless", Stack("careless", project).violations())
    assert {one.rule.name for one in found if one.broken} == BROKEN
    with pytest.raises(Problem) as refused:
        Stack("careless", project).preview(quiet=True)
    assert "image server:latest is not by digest" in refused.value.what
    # The same for who types it, told once or for a whole shell.
    (pack,) = engine.PACKS
    pulumi = ["pulumi", "--non-interactive"]
    for_all = {**os.environ, "PULUMI_OPTION_POLICY_PACK": pack}
    for ran in (
        run([*pulumi, "up", "--yes", "-s", "careless", "--policy-pack", pack], 240, folder=project),
        run([*pulumi, "preview", "-s", "careless"], 240, for_all, project),
    ):
        assert ran.code != 0
        assert "Deployment server: container main: image server:latest is not by digest" in ran.output
    state = run(["pulumi", "stack", "export", "-s", "careless"], 60, folder=project).must_succeed()
    assert "kubernetes:core" not in state.stdout
