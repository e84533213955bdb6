"""What Pulumi's file backend says of a stack, read without the engine: fast, and it works before there is one."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import paths
from mlp.locks import PROJECT

STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class State:
    """The latest checkpoint of a stack."""

    stack: str
    updated: str = ""
    """When it was last written, RFC 3339; empty if never."""
    resources: tuple[str, ...] = ()
    """URNs, the stack's own and the providers' included."""
    pending: tuple[str, ...] = ()
    """URNs of operations that were interrupted."""
    outputs: dict[str, Any] = field(default_factory=dict)
    """Plain values; secrets are ciphertext."""
    salt: str = ""
    """That of the stack's config file when it was written; empty before the first `up`."""

    @property
    def exists(self) -> bool:
        """Whether anything stands."""
        return bool(self.resources)


def path_of(stack: str) -> Path:
    """The checkpoint's file."""
    return paths.backend() / ".pulumi" / "stacks" / PROJECT / f"{stack}.json"


def forget(stack: str) -> None:
    """Remove what the backend keeps of a stack that it has removed: backups and history."""
    path_of(stack).with_name(f"{stack}.json.bak").unlink(missing_ok=True)
    for kept in ("backups", "history"):
        shutil.rmtree(paths.backend() / ".pulumi" / kept / PROJECT / stack, ignore_errors=True)


def read(stack: str) -> State:
    """The state of a stack; an empty one if it was never upped."""
    try:
        content = json.loads(path_of(stack).read_text())
    except (FileNotFoundError, NotADirectoryError):
        return State(stack)
    latest = content.get("checkpoint", {}).get("latest") or {}
    resources = latest.get("resources") or []
    outputs: dict[str, Any] = next((one.get("outputs", {}) for one in resources if one["type"] == STACK_TYPE), {})
    return State(
        stack=stack,
        updated=latest.get("manifest", {}).get("time", ""),
        resources=tuple(one["urn"] for one in resources),
        pending=tuple(one["resource"]["urn"] for one in latest.get("pending_operations") or []),
        outputs=outputs,
        salt=((latest.get("secrets_providers") or {}).get("state") or {}).get("salt", ""),
    )
