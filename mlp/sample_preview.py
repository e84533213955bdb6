"""Previews of every stack against sample contracts: no cluster, no account, nothing left behind."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from local import paths
from local.problem import Problem
from mlp import console, engine, environment
from stacks import samples

SPECS = paths.checkout() / "stacks"


def names() -> list[str]:
    """Every stack that has a spec."""
    return sorted(path.stem for path in SPECS.glob("*.yaml") if not path.name.startswith("Pulumi."))


def chosen(stacks: Sequence[str]) -> Sequence[str]:
    """These stacks; all if none.

    Raises:
        Problem: One has no spec.
    """
    there = names()
    if unknown := [name for name in stacks if name not in there]:
        raise Problem(f"there is no stack {unknown[0]!r}", f"name one of: {', '.join(there)}")
    return stacks or there


def run(stacks: Sequence[str]) -> None:
    """Preview these stacks (all if none), one line each.

    Raises:
        Problem: Some of them fail; with what the program says.
    """
    failed: list[Problem] = []
    wanted = chosen(stacks)
    for name in wanted:
        start = time.monotonic()
        try:
            counted = one(name)
        except Problem as problem:
            failed.append(problem)
            console.error(problem.what, problem.fix)
            continue
        print(f"{name}: {engine.counts(counted)} ({time.monotonic() - start:.1f} s)", flush=True)
    if failed:
        raise Problem(f"{len(failed)} of {len(wanted)} stacks can't be previewed", "see above")


def one(name: str) -> dict[str, int]:
    """Preview one stack as if the stacks below it were up with their sample outputs."""
    with standing_on_samples(name) as stack:
        return stack.preview(quiet=True)


@contextmanager
def standing_on_samples(name: str) -> Iterator[engine.Stack]:
    """A stack with a backend of its own, in which those below it are up with their sample outputs."""
    with tempfile.TemporaryDirectory(prefix="mlp-preview-") as made:
        folder = Path(made)
        with environment.replaced({"MLP_HOME": made}), environment.replaced(_environment(folder)):
            _project(folder, name)
            for below in samples.names():
                if below != name:
                    engine.Stack(below, folder).import_(samples.deployment(below))
            yield engine.Stack(name, folder)


def _environment(folder: Path) -> dict[str, str]:
    # An empty one: the provider must not find the cluster that happens to be there.
    (folder / "kubeconfig").touch()
    return {**environment.ensure(), "KUBECONFIG": str(folder / "kubeconfig")}


def _project(folder: Path, name: str) -> None:
    """A project file of its own with the same program, so that no config is written into the checkout."""
    project = yaml.safe_load((paths.checkout() / "Pulumi.yaml").read_text())
    project |= {"main": f"{SPECS}/", "stackConfigDir": "."}
    (folder / "Pulumi.yaml").write_text(json.dumps(project))
    config = {"mlplatform:images": samples.RELEASE, "mlplatform:rootSecret": samples.ROOT_SECRET}
    (folder / f"Pulumi.{name}.yaml").write_text(json.dumps({"config": config}))
