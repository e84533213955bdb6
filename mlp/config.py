"""What mlp puts into the config of the local stacks. Their files are of this machine: git ignores them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from components.kubernetes.secrets import derive_text
from images import releases
from local import paths
from local.problem import Problem
from mlp import console, specs, state, target, teams
from mlp.console import Say
from mlp.engine import Stack

FOUNDATION, PLATFORM = "local-foundation", "local-platform"
ROOT_SECRET, CONTEXT, REGISTRY = "mlplatform:rootSecret", "mlplatform:kubeContext", "mlplatform:registry"
OWN = (ROOT_SECRET, CONTEXT, REGISTRY)
"""What is set anew whenever a stack is opened."""


def exists(stack: str) -> bool:
    """Whether the stack has anything."""
    return state.read(stack).exists


def standing() -> list[str]:
    """The stacks that have anything, each after those that it stands on."""
    shared = [stack for stack in (FOUNDATION, PLATFORM) if exists(stack)]
    return [*shared, *map(teams.stack_of, teams.standing())]


def outputs(team: str) -> dict[str, Any]:
    """What a team's stack put out, or the platform's for empty text; empty if it isn't up."""
    return state.read(teams.stack_of(team) if team else PLATFORM).outputs


def require_secrets() -> None:
    """Refuse to go on where stacks stand and what they were made with is gone: new secrets would lock them out.

    Raises:
        Problem: The passphrase or the root secret is missing.
    """
    for path in (paths.passphrase(), paths.root_secret()):
        if not path.exists() and standing():
            raise Problem(
                f"{path} is gone, and the stacks in {paths.backend()} were made with it",
                f"put {path.name} back from a backup; without it they are lost: `mlp purge` and start anew",
            )


def open_stack(name: str, where: target.Target, say: Say = console.say) -> Stack:
    """A local stack with its config in order.

    Args:
        name: Such as local-platform.
        where: The cluster meant.
        say: Takes each line of progress.

    Raises:
        Problem: The stack stands on another cluster than the one meant now.
    """
    find_release()
    try:
        return _opened(name, where, say)
    except Problem as problem:
        if "incorrect passphrase" not in problem.what or not path_of(name).exists():
            raise
    # The file outlived a purge, or was copied from elsewhere.
    drop_secrets(path_of(name))
    say(f"  {path_of(name).name}: dropped secrets that another passphrase had made")
    return _opened(name, where, say)


def find_release() -> None:
    """A new checkout knows no images yet: those that this machine pushed last are taken."""
    if not releases.path_of(releases.LOCAL).exists() and (paths.home() / "images.json").exists():
        releases.write_local()


def _opened(name: str, where: target.Target, say: Say) -> Stack:
    _check_place(where)
    stack = Stack(name, say=say)
    now = stack.config()
    if now.get(ROOT_SECRET) != (wanted := root_secret(name)):
        stack.config_set(ROOT_SECRET, wanted, secret=True)
    for key, value in ((CONTEXT, where.context), (REGISTRY, where.registry)):
        if now.get(key) == value:
            continue
        if value is None:
            stack.config_remove(key)
        else:
            stack.config_set(key, value)
    return stack


def root_secret(stack: str) -> str:
    """What all secrets of a stack are derived from: the machine's own for what is shared, one of its own for a team."""
    own = paths.root_secret().read_text().strip()
    return derive_text(own, "stack", stack, 1) if stack.startswith(teams.PREFIX) else own


def is_open(name: str, where: target.Target) -> bool:
    """Whether a stack is there and has its config for this cluster, as files say: fast, no engine is asked.

    A config file of another home has another salt, and its secrets need another passphrase.
    """
    salt, content = state.read(name).salt, _content(path_of(name))
    if not state.path_of(name).exists() or salt not in ("", content.get("encryptionsalt")):
        return False
    given = content.get("config") or {}
    wanted = (where.context, where.registry)
    return ROOT_SECRET in given and (given.get(CONTEXT), given.get(REGISTRY)) == wanted


def path_of(stack: str) -> Path:
    """Pulumi's config file of a stack."""
    return paths.checkout() / "stacks" / f"Pulumi.{stack}.yaml"


def _check_place(where: target.Target) -> None:
    """Stacks aren't moved to another cluster by a changed variable: that would leave everything on the first behind."""
    now = state.read(FOUNDATION).outputs.get("contract", {}).get("kube_context")
    if now is None:
        return
    wanted = where.context or specs.foundation().cluster.context
    if now != wanted:
        raise Problem(
            f"stack {FOUNDATION} stands on the cluster of context {now!r}, and {target.CONTEXT} says {wanted!r}",
            f"set {target.CONTEXT}={now}, or use another MLP_HOME for another cluster",
        )


def drop_secrets(path: Path) -> None:
    """Remove a config file's salt and secrets, which need the passphrase that made them; plain values stay."""
    write(path, plain_values(path))


def plain_values(path: Path) -> dict[str, Any]:
    """What a config file says but for its secrets, those inside of structured values too."""
    plain: dict[str, Any] = _plain(_content(path).get("config") or {})
    return plain


def _content(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = (yaml.safe_load(path.read_text()) if path.exists() else None) or {}
    return found


def write(path: Path, values: Mapping[str, Any]) -> None:
    """Replace a config file; without values there is none."""
    path.unlink(missing_ok=True)
    if values:
        path.write_text(yaml.safe_dump({"config": dict(values)}))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if not _secure(one)}
    if isinstance(value, list):
        return [_plain(one) for one in value if not _secure(one)]
    return value


def _secure(value: Any) -> bool:
    return isinstance(value, dict) and "secure" in value
