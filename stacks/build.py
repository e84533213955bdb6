"""From a spec to resources, one function a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi

from components.foundation.contract import OUTPUT, Contract
from components.foundation.local import Foundation, FoundationInputs, FoundationSpec
from components.kubernetes.images import Images
from components.platform import Platform, PlatformInputs, PlatformSpec
from images import releases
from local.problem import Problem

STACKS = Path(__file__).resolve().parent


def build(spec: FoundationSpec | PlatformSpec, config: pulumi.Config) -> dict[str, Any]:
    """Register the resources of a stack and return its outputs."""
    if isinstance(spec, FoundationSpec):
        return _foundation(spec, config)
    return _platform(spec, config)


def _foundation(spec: FoundationSpec, config: pulumi.Config) -> dict[str, Any]:
    spec = with_overrides(spec, config.get("kubeContext"), config.get("registry"))
    inputs = FoundationInputs(
        images=images_of(config.get("images") or spec.images, spec.registry.host),
        root_secret=root_secret(config),
    )
    return {OUTPUT: Foundation("foundation", spec, inputs).contract.to_outputs()}


def _platform(spec: PlatformSpec, config: pulumi.Config) -> dict[str, Any]:
    contract = Contract.from_outputs(outputs_of(spec.foundation), spec.foundation)
    inputs = PlatformInputs(
        contract=contract,
        images=images_of(config.get("images") or spec.images, contract.image_registry),
        root_secret=root_secret(config),
    )
    platform = Platform("platform", spec, inputs)
    return {"addresses": platform.addresses, "credentials": platform.credentials}


def with_overrides(spec: FoundationSpec, context: str | None, registry: str | None) -> FoundationSpec:
    """The spec with what the stack's config says of this machine's cluster; checked like the spec itself."""
    changed = spec.model_dump()
    if context:
        changed["cluster"]["context"] = context
    if registry:
        changed["registry"]["host"] = registry
    return FoundationSpec.model_validate(changed)


def images_of(release: str, registry: str) -> Images:
    """The images of a release; one that isn't there or isn't right is a `RunError`."""
    try:
        return Images(release, registry, releases.read(release))
    except Problem as problem:
        raise pulumi.RunError(str(problem)) from None


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
