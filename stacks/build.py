"""From a spec to resources, one function a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi

from components.foundation.contract import OUTPUT, Contract
from components.foundation.local import Foundation, FoundationInputs, FoundationSpec
from components.kubernetes import validators
from components.kubernetes.images import Images
from components.platform import Platform, PlatformInputs, PlatformSpec
from components.platform import contract as platform_contract
from components.team import Team, TeamInputs, TeamSpec
from images import releases
from local.problem import Problem
from stacks.spec.errors import shown, wrong

STACKS = Path(__file__).resolve().parent


def build(spec: FoundationSpec | PlatformSpec | TeamSpec, config: pulumi.Config) -> dict[str, Any]:
    """Register the resources of a stack and return its outputs."""
    if isinstance(spec, FoundationSpec):
        return _foundation(spec, config)
    return _platform(spec, config) if isinstance(spec, PlatformSpec) else _team(spec, config)


def _foundation(spec: FoundationSpec, config: pulumi.Config) -> dict[str, Any]:
    spec = with_overrides(spec, config)
    inputs = FoundationInputs(
        images=images_of(spec.images, config, spec.registry.host),
        root_secret=root_secret(config),
    )
    return {OUTPUT: Foundation("foundation", spec, inputs).contract.to_outputs()}


def _platform(spec: PlatformSpec, config: pulumi.Config) -> dict[str, Any]:
    contract = Contract.from_outputs(outputs_of(spec.foundation), spec.foundation)
    inputs = PlatformInputs(
        contract=contract,
        images=images_of(spec.images, config, contract.image_registry),
        root_secret=root_secret(config),
    )
    platform = Platform("platform", spec, inputs)
    return {
        "addresses": platform.addresses,
        "credentials": platform.credentials,
        platform_contract.OUTPUT: platform.contract.to_outputs(),
    }


def _team(spec: TeamSpec, config: pulumi.Config) -> dict[str, Any]:
    platform = platform_contract.PlatformContract.from_outputs(outputs_of(spec.platform), spec.platform)
    inputs = TeamInputs(
        platform=platform,
        images=images_of(spec.images, config, platform.foundation.image_registry),
        root_secret=root_secret(config),
    )
    team = Team(spec.id, spec, inputs)
    return {
        "addresses": team.addresses,
        "credentials": team.credentials,
        "repository": team.repository,
        "models": team.models,
    }


def with_overrides(spec: FoundationSpec, config: pulumi.Config) -> FoundationSpec:
    """The spec with what the stack's config says of this machine's cluster, checked like the spec itself."""
    changed = spec.model_dump()
    for key, (part, field), check in (
        ("kubeContext", ("cluster", "context"), validators.context),
        ("registry", ("registry", "host"), validators.registry),
    ):
        if not (value := config.get(key)):
            continue
        try:
            changed[part][field] = check(value)
        except ValueError as error:
            raise pulumi.RunError(f"config mlplatform:{key} is {shown(value)}\n  fix: {error}") from None
    return FoundationSpec.model_validate(changed)


def images_of(named: str, config: pulumi.Config, registry: str) -> Images:
    """The images of the release that the spec names, or the stack's config in its place.

    Raises:
        pulumi.RunError: There is no such release, or its file isn't right.
    """
    release = config.get("images") or named
    try:
        return Images(release, registry, releases.read(release))
    except Problem as problem:
        value = f"{shown(release)}{'' if release == named else ' (by config mlplatform:images)'}: {problem.what}"
        raise wrong(STACKS / f"{pulumi.get_stack()}.yaml", "images", value, problem.fix) from None


def root_secret(config: pulumi.Config) -> pulumi.Output[str]:
    """The secret that all others of the stack are derived from."""
    try:
        return config.require_secret("rootSecret")
    except pulumi.ConfigMissingError:
        stack = pulumi.get_stack()
        raise pulumi.RunError(
            f"stack {stack}: config mlplatform:rootSecret is missing\n"
            f"  fix: run `mlp up`, or `pulumi config set --secret rootSecret -s {stack}` with 32 random characters"
        ) from None


def outputs_of(stack: str) -> dict[str, Any]:
    """The outputs of another stack of this project, as they are now: plain values, so that preview is complete.

    Uses the function behind `StackReference`, which answers before any resource is registered, and whose failure
    can be told in words: a reference to a stack that isn't there ends in a thread's traceback.

    Raises:
        pulumi.RunError: There is no such stack.
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"
    try:
        found = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": name}).value
    except Exception as error:  # the SDK raises no narrower one: only its text tells more
        text = str(error)
        if "no stack named" not in text and "unknown stack" not in text and "not found" not in text:
            raise
        raise pulumi.RunError(f"stack {stack} isn't there\n  fix: run `pulumi up -s {stack}` first") from None
    return dict((found or {}).get("outputs") or {})
