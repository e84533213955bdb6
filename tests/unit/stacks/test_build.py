from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from images import releases
from stacks import build, samples
from tests.unit.components.recorded import Recorded, Recorder, plain

CONFIG = {"mlplatform:images": samples.RELEASE, "mlplatform:rootSecret": samples.ROOT_SECRET}
BELOW = {stack: samples.outputs(stack) for stack in samples.names()}
Program = Callable[..., tuple[list[Recorded], dict[str, Any]]]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Program:
    """Runs `stacks/__main__.py` under Pulumi's mocks: what it registers and what it exports."""

    def run(stack: str, stacks: dict[str, Any] | None = None, **config: str) -> tuple[list[Recorded], dict[str, Any]]:
        exported: dict[str, Any] = {}
        monkeypatch.setattr(pulumi, "export", exported.__setitem__)
        wanted = {**CONFIG, **{f"mlplatform:{key}": value for key, value in config.items()}}
        pulumi.runtime.set_all_config({key: value for key, value in wanted.items() if value}, ["mlplatform:rootSecret"])
        recorder = Recorder(stacks)
        pulumi.runtime.set_mocks(recorder, project="mlplatform", stack=stack, preview=False)

        @pulumi.runtime.test
        def main() -> None:
            runpy.run_path(str(build.STACKS / "__main__.py"), run_name="__main__")

        try:
            main()
        finally:
            pulumi.runtime.set_all_config({})
        return recorder.resources, exported

    return run


def refusal(program: Program, stack: str, stacks: dict[str, Any] | None = None, **config: str) -> str:
    with pytest.raises(pulumi.RunError) as caught:
        program(stack, stacks, **config)
    return str(caught.value)


def test_the_foundation_exports_the_contract_that_is_the_sample(program: Program) -> None:
    _, exported = program("local-foundation")
    assert exported == samples.outputs("local-foundation"), (
        "stacks/samples/local-foundation.json is stale: export it again"
    )


def test_the_platform_stands_on_the_sample_contract(program: Program) -> None:
    resources, exported = program("local-platform", {"local-foundation": samples.outputs("local-foundation")})
    assert len(resources) > 30
    assert exported["addresses"] == {
        tool: f"http://{tool}.localhost:8080" for tool in ("mlflow", "prometheus", "alertmanager", "notebooks")
    }
    assert exported == samples.outputs("local-platform"), "stacks/samples/local-platform.json is stale: export it again"


@pytest.mark.parametrize("team", ["search", "recsys"])
def test_a_team_stands_on_the_sample_platform(program: Program, team: str) -> None:
    resources, exported = program(f"local-team-{team}", BELOW)
    assert len(resources) > 25
    assert exported["addresses"] == {tool: f"http://{tool}-{team}.localhost:8080" for tool in ("airflow", "features")}
    assert exported["repository"] == f"http://git.localhost:8080/team-{team}.git"
    assert set(exported["credentials"]) == {"airflow", "repository", "features"}
    assert set(exported) == {"addresses", "credentials", "repository", "models"}


def test_no_output_holds_a_secret(program: Program) -> None:
    for stack in ("local-foundation", "local-platform", "local-team-search"):
        resources, exported = program(stack, BELOW)
        secrets = {
            value
            for found in resources
            if found.type.endswith(":Secret")
            for key, value in plain(found.inputs["stringData"]).items()
            if len(value) == 43
        }
        assert secrets
        assert not [value for value in secrets | {samples.ROOT_SECRET} if value in json.dumps(exported)]


def test_config_replaces_context_and_registry_of_the_spec(program: Program) -> None:
    resources, exported = program("local-foundation", kubeContext="kind-x", registry="localhost:5001")
    assert exported["contract"]["kube_context"] == "kind-x"
    assert exported["contract"]["image_registry"] == "localhost:5001"
    provider = next(found for found in resources if found.type == "pulumi:providers:kubernetes")
    assert provider.inputs["context"] == "kind-x"
    server = next(found for found in resources if found.name == "postgres-server")
    assert (server.pod or {})["spec"]["containers"][0]["image"].startswith("localhost:5001/mlplatform/postgres@sha256:")


@pytest.mark.parametrize(("key", "value"), [("kubeContext", "no such context"), ("registry", "http://x")])
def test_wrong_config_is_told_like_a_wrong_spec(program: Program, key: str, value: str) -> None:
    error = refusal(program, "local-foundation", **{key: value})
    assert f"config mlplatform:{key} is '{value}'" in error
    assert "fix: " in error and len(error.splitlines()) <= 3


@pytest.mark.parametrize(("stack", "below"), [("platform", "foundation"), ("team-search", "platform")])
@pytest.mark.parametrize(("outputs", "what"), [(None, "isn't there"), ({}, "isn't up"), ({"x": 1}, "isn't up")])
def test_a_layer_whose_predecessor_is_not_up_says_what_to_run(
    program: Program, stack: str, below: str, outputs: dict[str, Any] | None, what: str
) -> None:
    error = refusal(program, f"local-{stack}", {} if outputs is None else {f"local-{below}": outputs})
    assert f"stack local-{below} {what}" in error
    assert f"fix: run `pulumi up -s local-{below}` first" in error


def test_a_missing_root_secret_is_told(program: Program) -> None:
    assert "fix: run `mlp up`" in refusal(program, "local-foundation", rootSecret="")


def test_images_that_are_not_built_are_told(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(releases, "FOLDER", tmp_path)
    error = refusal(program, "local-foundation", images="")
    assert error.startswith("stacks/local-foundation.yaml: images is 'local'")
    assert "fix: run `mlp images` first" in error


def test_what_is_retained_is_the_namespace_and_the_volumes(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.components import stacks as shipped

    kept: list[str] = []
    register = pulumi.runtime.resource.register_resource

    def note(
        res: Any, ty: str, name: str, custom: bool, remote: bool, dependency: Any, props: Any, opts: Any, *more: Any
    ) -> None:
        if opts.retain_on_delete:
            kept.append(name)
        register(res, ty, name, custom, remote, dependency, props, opts, *more)

    monkeypatch.setattr("pulumi.resource.register_resource", note)
    shipped.foundation(shipped.foundation_spec().model_copy(update={"retain_data": True}))
    assert sorted(kept) == ["mlp-foundation", "object-store-data", "postgres-data"]
    kept.clear()
    shipped.foundation()
    assert kept == []
