"""The program on the real engine, as plain `pulumi` runs it, with a state of its own and no cluster."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from local import toolchain
from local.problem import Problem
from local.tasks import Report
from local.toolchain import plugins
from stacks import samples
from tests.support import real_engine
from tests.support.commands import Ran
from tests.support.project_copy import ProjectCopy

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]


@pytest.fixture
def project(tmp_path: Path) -> ProjectCopy:
    found = real_engine.require()
    plugins.ensure(found, Report("test", io.StringIO()))
    try:
        environment = toolchain.environment()
    except Problem as problem:
        pytest.skip(str(problem))
    nowhere = tmp_path / "kubeconfig"
    nowhere.write_text("")
    copy = ProjectCopy(tmp_path, {**environment, "KUBECONFIG": str(nowhere)})
    copy.init("local-platform")
    copy.pulumi("config", "set", "images", samples.RELEASE, "-s", "local-platform").must_succeed()
    return copy


def preview(project: ProjectCopy, stack: str = "local-platform") -> Ran:
    return project.pulumi("preview", "--color=never", "-s", stack, seconds=120)


def refused(ran: Ran, *words: str) -> None:
    assert ran.code != 0
    assert "Traceback" not in ran.output
    said = ran.output.partition("Diagnostics:")[2]
    assert all(word in said for word in words), said
    assert "kubernetes:" not in ran.output, "nothing may be registered"


def test_a_foundation_that_is_nowhere_or_not_up_is_said_with_the_command(project: ProjectCopy) -> None:
    fix = "fix: run `pulumi up -s local-foundation` first"
    refused(preview(project), "stack local-foundation isn't there", fix)
    project.init("local-foundation")
    refused(preview(project), "stack local-foundation isn't up", fix)


def give_sample_outputs(project: ProjectCopy, stack: str, tmp_path: Path) -> None:
    deployment = tmp_path / "deployment.json"
    deployment.write_text(json.dumps(samples.deployment(stack)))
    project.pulumi("stack", "import", "-s", stack, "--file", str(deployment)).must_succeed()


def test_the_platform_is_previewed_on_an_imported_sample_contract(project: ProjectCopy, tmp_path: Path) -> None:
    project.init("local-foundation")
    give_sample_outputs(project, "local-foundation", tmp_path)
    ran = preview(project).must_succeed()
    assert "kubernetes:apps/v1:Deployment" in ran.output
    assert "http://mlflow.localhost:8080" in ran.output


def test_a_team_is_previewed_on_an_imported_sample_platform(project: ProjectCopy, tmp_path: Path) -> None:
    give_sample_outputs(project, "local-platform", tmp_path)
    project.init("local-team-search")
    project.pulumi("config", "set", "images", samples.RELEASE, "-s", "local-team-search").must_succeed()
    ran = preview(project, "local-team-search").must_succeed()
    assert "kubernetes:mlplatform.dev/v1:Tenant" in ran.output
    assert "http://airflow-search.localhost:8080" in ran.output


def test_a_wrong_spec_is_said_in_three_lines(project: ProjectCopy) -> None:
    spec = project.spec("local-platform")
    spec.write_text(spec.read_text().replace("replicas: 1", "replicas: many"))
    refused(preview(project), "stacks/local-platform.yaml:8: mlflow.replicas is 'many'", "fix: write a whole number")
