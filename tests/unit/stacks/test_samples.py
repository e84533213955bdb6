from __future__ import annotations

import re

import pytest

from components.foundation.contract import Contract
from components.platform.contract import PlatformContract
from images import releases, tasks
from stacks import build, samples
from stacks.spec import PlatformSpec, TeamSpec, load


@pytest.mark.parametrize(("stack", "sort"), [("local-foundation", Contract), ("local-platform", PlatformContract)])
def test_samples_satisfy_the_contract(stack: str, sort: type[Contract | PlatformContract]) -> None:
    assert sort.from_outputs(samples.outputs(stack), stack).version == 1


def test_each_stack_that_others_stand_on_has_a_sample() -> None:
    specs = [load(path) for path in build.STACKS.glob("*.yaml") if not path.name.startswith("Pulumi.")]
    below = {spec.foundation for spec in specs if isinstance(spec, PlatformSpec)}
    below |= {spec.platform for spec in specs if isinstance(spec, TeamSpec)}
    assert len(below) == 2
    assert below <= set(samples.names())


def test_the_sample_release_has_every_image_that_programs_use() -> None:
    digests = releases.read(samples.RELEASE)
    assert set(tasks.platform_images()) == set(digests)
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in digests.values())


def test_a_deployment_is_one_stack_resource_with_the_outputs() -> None:
    (root,) = samples.deployment("local-foundation")["deployment"]["resources"]
    assert root["urn"] == "urn:pulumi:local-foundation::mlplatform::pulumi:pulumi:Stack::mlplatform-local-foundation"
    assert root["outputs"] == samples.outputs("local-foundation")
    assert samples.deployment("x", {"a": 1})["deployment"]["resources"][0]["outputs"] == {"a": 1}
