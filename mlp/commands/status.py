"""`mlp status`: how everything is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mlp.health import Health


def run(as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False) -> None:
    """Say how cluster, stacks, services and the example are. Exit code 3 if something isn't healthy."""
    from mlp import health, target

    found = health.check(target.current())
    print(json.dumps(found.as_dict(), indent=2) if as_json else text(found))
    if not found.healthy:
        raise typer.Exit(3)


def text(found: Health) -> str:
    """The table for people."""
    from mlp import console

    rows = [("cluster", found.cluster.kind, found.cluster.status, "; ".join(found.cluster.reasons))]
    for stack in found.stacks:
        seen = f"{stack.resources} resources, updated {stack.updated[:19]}" if stack.resources else ""
        rows.append(("stack", stack.name, stack.status, seen))
    for service in found.services:
        rows.append(
            (
                "service",
                service.name,
                "answers" if service.answers else "silent",
                f"{service.address} ({service.detail})",
            )
        )
    rows.append(
        ("example", found.example.get("job", "-"), found.example["status"], _result(found.example.get("result")))
    )
    return console.table(("what", "name", "status", "details"), rows)


def _result(result: dict[str, dict[str, float]] | None) -> str:
    if not result:
        return ""
    return f"NDCG@10 {result['ndcg']['mean']:.3f} against {result['ndcg_popularity']['mean']:.3f} of popularity"
