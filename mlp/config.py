"""What mlp puts into the config of the local stacks. Their files are of this machine: git ignores them."""

from __future__ import annotations

from pathlib import Path

import yaml

from images import releases
from local import paths
from local.problem import Problem
from mlp import console, specs, state, target
from mlp.engine import Stack

FOUNDATION, PLATFORM = "local-foundation", "local-platform"
LOCAL_STACKS = (FOUNDATION, PLATFORM)
ROOT_SECRET, CONTEXT, REGISTRY = "mlplatform:rootSecret", "mlplatform:kubeContext", "mlplatform:registry"


def exists(stack: str) -> bool:
    """Whether the stack has anything."""
    return state.read(stack).exists


def require_secrets() -> None:
    """Refuse to go on where stacks stand and what they were made with is gone: new secrets would lock them out.

    Raises:
        Problem: The passphrase or the root secret is missing.
    """
    for path in (paths.passphrase(), paths.root_secret()):
        if not path.exists() and any(map(exists, LOCAL_STACKS)):
            raise Problem(
                f"{path} is gone, and the stacks in {paths.backend()} were made with it",
                f"put {path.name} back from a backup; without it they are lost: `mlp purge` and start anew",
            )


def open_stack(name: str, where: target.Target) -> Stack:
    """A local stack with its config in order.

    Raises:
        Problem: The stack stands on another cluster than the one meant now.
    """
    _find_release()
    try:
        return _opened(name, where)
    except Problem as problem:
        if "incorrect passphrase" not in problem.what or not path_of(name).exists():
            raise
    # The file outlived a purge, or was copied from elsewhere.
    drop_secrets(path_of(name))
    console.say(f"  {path_of(name).name}: dropped secrets that another passphrase had made")
    return _opened(name, where)


def _find_release() -> None:
    """A new checkout knows no images yet: those that this machine pushed last are taken."""
    if not releases.path_of(releases.LOCAL).exists() and (paths.home() / "images.json").exists():
        releases.write_local()


def _opened(name: str, where: target.Target) -> Stack:
    stack = Stack(name)
    _check_place(name, where)
    wanted = paths.root_secret().read_text().strip()
    if stack.config_get(ROOT_SECRET) != wanted:
        stack.config_set(ROOT_SECRET, wanted, secret=True)
    for key, value in ((CONTEXT, where.context), (REGISTRY, where.registry)):
        if stack.config_get(key) == value:
            continue
        if value is None:
            stack.config_remove(key)
        else:
            stack.config_set(key, value)
    return stack


def path_of(stack: str) -> Path:
    """Pulumi's config file of a stack."""
    return paths.checkout() / "stacks" / f"Pulumi.{stack}.yaml"


def _check_place(name: str, where: target.Target) -> None:
    """A stack isn't moved to another cluster by a changed variable: that would leave everything on the first behind."""
    if not exists(name):
        return
    now = state.read(name).outputs.get("contract", {}).get("kube_context")
    wanted = where.context or specs.foundation().cluster.context
    if now is not None and now != wanted:
        raise Problem(
            f"stack {name} stands on the cluster of context {now!r}, and {target.CONTEXT} says {wanted!r}",
            f"set {target.CONTEXT}={now}, or use another MLP_HOME for another cluster",
        )


def drop_secrets(path: Path) -> None:
    """Remove a config file's salt and secrets, which need the passphrase that made them; plain values stay."""
    content = yaml.safe_load(path.read_text()) or {}
    config = {
        key: value
        for key, value in (content.get("config") or {}).items()
        if not (isinstance(value, dict) and "secure" in value)
    }
    path.unlink()
    if config:
        path.write_text(yaml.safe_dump({"config": config}))
