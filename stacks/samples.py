"""Outputs of stacks that aren't up, so that what stands on them can be previewed without a cluster or an account.

`stacks/samples/<stack>.json` has the outputs; `deployment` wraps them as `pulumi stack import` takes them. The images
are those of release `sample`, whose digests are made up: set config `mlplatform:images` to it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "samples"
RELEASE = "sample"
ROOT_SECRET = "sample-root-secret-that-opens-nothing"  # noqa: S105 - of previews alone
PROJECT = "mlplatform"


def outputs(stack: str) -> dict[str, Any]:
    """The sample outputs of a stack.

    Raises:
        FileNotFoundError: There is no sample of it, because nothing stands on it.
    """
    found: dict[str, Any] = json.loads((FOLDER / f"{stack}.json").read_text("utf-8"))
    return found


def names() -> list[str]:
    """The stacks that have sample outputs."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def deployment(stack: str, stack_outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    """What `pulumi stack import` takes to give a stack these outputs, the sample ones unless told, and no resources."""
    root = {
        "urn": f"urn:pulumi:{stack}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{stack}",
        "custom": False,
        "type": "pulumi:pulumi:Stack",
        "outputs": outputs(stack) if stack_outputs is None else stack_outputs,
    }
    return {
        "version": 3,
        "deployment": {
            "manifest": {"time": "2026-01-01T00:00:00Z", "magic": "", "version": ""},
            "resources": [root],
        },
    }
