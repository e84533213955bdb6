"""What is measured. Each function returns seconds, one a round."""

from __future__ import annotations

import json
import time
from pathlib import Path

from local import paths
from tests.bench import kubectl
from tests.support.cluster import Cluster
from tests.support.commands import mlp, run
from tests.support.project_copy import ProjectCopy

FOUNDATION, PLATFORM = "local-foundation", "local-platform"
STACKS = (FOUNDATION, PLATFORM)
UP_SECONDS = 400


def previews(environment: dict[str, str], rounds: int, *more: str) -> list[float]:
    """`pulumi preview` of the platform with nothing to change, with more options."""
    command = ["pulumi", "preview", "--non-interactive", "--expect-no-changes", "--stack", PLATFORM, *more]
    return [run(command, 60, environment).must_succeed().seconds for _ in range(rounds)]


def unchanged_ups(rounds: int) -> list[float]:
    """`mlp up` with nothing to change."""
    return [mlp("up", "--yes", seconds=300).must_succeed().seconds for _ in range(rounds)]


def ups(environment: dict[str, str], folder: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Both stacks from nothing, by `pulumi up` and by kubectl, in turns: a copy of them in namespaces of its own."""
    copy = ProjectCopy(folder, environment, prefix="mlp-bench")
    spec = copy.spec(FOUNDATION)
    spec.write_text(spec.read_text().replace("base_domain: localhost", "base_domain: bench.localhost"))
    for stack in STACKS:
        copy.init(stack)
    cluster = Cluster(environment)
    by_pulumi, by_kubectl = [], []
    for _ in range(rounds):
        start = time.monotonic()
        try:
            for stack in STACKS:
                copy.pulumi("up", "--yes", "--skip-preview", "--stack", stack, seconds=UP_SECONDS).must_succeed()
            by_pulumi.append(time.monotonic() - start)
            stacks = [kubectl.waves(exported(copy, stack)) for stack in STACKS]
        finally:
            for stack in reversed(STACKS):
                copy.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack, seconds=UP_SECONDS).must_succeed()
        start = time.monotonic()
        try:
            for waves in stacks:
                kubectl.apply(cluster, waves)
            by_kubectl.append(time.monotonic() - start)
        finally:
            for waves in reversed(stacks):
                kubectl.delete(cluster, waves)
    return by_pulumi, by_kubectl


def exported(copy: ProjectCopy, stack: str) -> list[dict[str, object]]:
    """The resources of a stack with its secrets in plain text: in memory, for kubectl's input."""
    file = copy.project.parent / "export.json"
    file.touch(mode=0o600)
    try:
        copy.pulumi("stack", "export", "--show-secrets", "--file", str(file), "--stack", stack).must_succeed()
        found: list[dict[str, object]] = json.loads(file.read_text())["deployment"]["resources"]
    finally:
        file.unlink()
    return found


def disk() -> dict[str, int]:
    """Bytes on disk of what the platform keeps, by folder."""
    folders = {"data": paths.home(), "caches": paths.cache()}
    folders |= {f"caches/{folder.name}": folder for folder in sorted(paths.cache().iterdir()) if folder.is_dir()}
    sizes = {}
    for name, folder in folders.items():
        # -x: pods' mounted file systems aren't data.
        output = run(["du", "-sxk", folder], 120).stdout
        sizes[name] = int(output.split()[0]) * 1024
    return sizes
