"""Every secret that a stack's program derives, found by running that very program against Pulumi's mocks.

`python -m tests.support.derived <stack>` reads the outputs of the stack below it as JSON from its input and prints a
JSON object, name -> secret: into a pipe, never into arguments or files.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pulumi

from components.kubernetes import secrets
from local import paths
from mlp import config

PROJECT = "mlplatform"


def of_stack(stack: str, below: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """The derived secrets of a stack: `<stack>: <component>/<name>/<rotation>` -> secret.

    Args:
        below: The outputs of the stack that it stands on; empty for a foundation.
    """
    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.derived", stack],
        input=json.dumps(below),
        cwd=paths.checkout(),
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    found: dict[str, str] = json.loads(ran.stdout)
    assert found, f"{stack} derives no secret"
    return {f"{stack}: {name}": value for name, value in found.items()}


class _Mocks(pulumi.runtime.Mocks):
    def __init__(self, below: dict[str, Any]) -> None:
        self.below = below

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        return {"outputs": self.below}, []


def main(stack: str) -> None:
    """Build the stack with mocks and print what it derived."""
    found: dict[str, str] = {}
    root = config.root_secret(stack)
    derive = secrets.derive_text

    def noted(root: str, component: str, name: str, rotation: int) -> str:
        value = derive(root, component, name, rotation)
        found[f"{component}/{name}/{rotation}"] = value
        return value

    secrets.derive_text = noted
    pulumi.runtime.set_mocks(_Mocks(json.load(sys.stdin)), project=PROJECT, stack=stack, preview=False)
    pulumi.runtime.set_all_config({f"{PROJECT}:rootSecret": root}, [f"{PROJECT}:rootSecret"])
    # Here, not above: the program's modules take `derive_text` when they are imported.
    from stacks.build import STACKS, build
    from stacks.spec import load

    def program() -> None:
        build(load(STACKS / f"{stack}.yaml"), pulumi.Config(PROJECT))

    # Returns when every Output has its value.
    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]  # the SDK has no types there
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
