"""`mlp credentials <tool>`: user and password, read from the cluster when a person asks."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from local.problem import Problem


def run(
    tool: Annotated[str, typer.Argument(help="Such as mlflow.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Print a tool's user and password."""
    import kubernetes

    from mlp import cluster, config, state, target

    reference = find(state.read(config.PLATFORM).outputs.get("credentials"), tool)
    with cluster.client(target.current()) as api:
        secret: Any = kubernetes.client.CoreV1Api(api).read_namespaced_secret(
            reference["secret"], reference["namespace"]
        )
    user, password = (base64.b64decode(secret.data[reference[key]]).decode() for key in ("user_key", "password_key"))
    print(json.dumps({"user": user, "password": password}) if as_json else f"user:     {user}\npassword: {password}")


def find(credentials: Mapping[str, Mapping[str, str]] | None, tool: str) -> Mapping[str, str]:
    """Where a tool's Secret is.

    Raises:
        Problem: The platform isn't up or has no such tool.
    """
    if credentials is None:
        raise Problem("stack local-platform isn't up, so there are no credentials", "run `mlp up`")
    if tool not in credentials:
        raise Problem(f"there are no credentials for {tool!r}", f"name one of: {', '.join(sorted(credentials))}")
    return credentials[tool]
