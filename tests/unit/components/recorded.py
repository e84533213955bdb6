"""What a program registers, recorded by Pulumi's own mocks: no engine, no cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
import pulumi
from pulumi.runtime import mocks

SECRET_MARK = "4dabf18193072939515e22adb298388d"


@dataclass(frozen=True)
class Recorded:
    """One registered resource: inputs as the provider gets them, and the URN of the component it belongs to."""

    type: str
    name: str
    inputs: dict[str, Any]

    @property
    def metadata(self) -> dict[str, Any]:
        """`metadata` of a Kubernetes object."""
        found: dict[str, Any] = self.inputs["metadata"]
        return found

    @property
    def pod(self) -> dict[str, Any] | None:
        """The pod template of what has one."""
        found: dict[str, Any] | None = self.inputs.get("spec", {}).get("template")
        return found


class NoSuchStack(grpc.RpcError):
    """How the engine refuses to read a stack that isn't there."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return f"invocation of pulumi:pulumi:readStackOutputs returned an error: unknown stack {self.name!r}"


class Recorder(pulumi.runtime.Mocks):
    """Records registrations, answers each with its inputs, and reads of other stacks with what it was given."""

    def __init__(self, stacks: dict[str, dict[str, Any]] | None = None) -> None:
        self.resources: list[Recorded] = []
        self.stacks = stacks or {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.resources.append(Recorded(args.typ, args.name, dict(args.inputs)))
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        assert args.token == "pulumi:pulumi:readStackOutputs"
        stack = args.args["name"].split("/")[-1]
        if stack not in self.stacks:
            raise NoSuchStack(args.args["name"])
        return {"name": args.args["name"], "outputs": self.stacks[stack]}


def record(build: Callable[[], object], stacks: dict[str, dict[str, Any]] | None = None) -> list[Recorded]:
    """The resources that `build` registers. What it raises comes through."""
    recorder = Recorder(stacks)
    pulumi.runtime.set_mocks(recorder, project="mlplatform", stack="test", preview=False)

    @pulumi.runtime.test
    def run() -> None:
        build()

    run()
    return recorder.resources


def plain(value: Any) -> Any:
    """A value with the secrets in it opened."""
    if isinstance(value, dict):
        if SECRET_MARK in value:
            return plain(value["value"])
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value
