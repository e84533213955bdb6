"""The example's training Job: run unless it already did, its result told."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.kubernetes.images import Images
from images import fingerprint, releases
from local import paths
from local.problem import Problem
from mlp import cluster, config, console, job, jobs, specs, state
from mlp.jobs import Job
from mlp.target import Target

EXAMPLE, NAMESPACE, SECRET = "keyword-recommender", "mlp-examples", "mlflow-examples"
SOURCES = paths.checkout() / "examples" / "keyword_recommender"
COMMAND = ("python", "-m", "examples.keyword_recommender")
IMAGE = "training"
RESULT = "result: "


@dataclass(frozen=True)
class Run:
    """How the Job of the present image stands."""

    name: str
    status: str
    """`missing`, `running`, `succeeded` or `failed`."""
    result: dict[str, Any] | None
    """What it said of the model; None where its pod's log is gone."""


def run(where: Target) -> None:
    """Run the Job unless the same one has already succeeded, and tell its result.

    Raises:
        Problem: It failed; with the pod's last event and log lines.
    """
    console.heading(f"example {EXAMPLE}")
    wanted = manifest()
    with cluster.client(where) as api:
        one = Job(api, NAMESPACE, wanted["metadata"]["name"])
        status = one.status()
        if status == jobs.FAILED:
            console.say(f"  {one.name} failed before: running it again")
            one.delete()
            status = jobs.MISSING
        if status == jobs.SUCCEEDED:
            console.say(f"  {one.name}: up to date")
        else:
            # One that runs is watched: a commit since then changed its variables, which a Job can't change.
            if status == jobs.MISSING:
                one.apply(wanted)
            one.watch(hidden=RESULT)
            one.delete_others(f"app.kubernetes.io/name={EXAMPLE}")
        console.say(f"  {sentence(result(one.log()))}")


def last(where: Target) -> Run:
    """How the Job of the present image stands; changes nothing."""
    with cluster.client(where) as api:
        one = Job(api, NAMESPACE, manifest()["metadata"]["name"])
        status = one.status()
        return Run(one.name, status, result(one.log()) if status == jobs.SUCCEEDED else None)


def manifest() -> dict[str, Any]:
    """The Job for the training image of the platform's release.

    Raises:
        Problem: The foundation isn't up, or the release has no such image.
    """
    contract = state.read(config.FOUNDATION).outputs.get("contract")
    if contract is None:
        raise Problem("stack local-foundation isn't up, and the example needs it", "run `mlp up`")
    release = specs.platform().images
    digests = releases.read(release)
    if IMAGE not in digests:
        raise Problem(f"image {IMAGE} isn't in release {release}", "run `mlp up images`")
    image = Images(release, contract["image_registry"], digests).reference(IMAGE)
    environment = {"MLP_IMAGE": image, "MLP_CODE_VERSION": code_version()}
    return job.manifest(EXAMPLE, NAMESPACE, image, COMMAND, SECRET, environment)


def code_version() -> str:
    """The commit, and a hash of the example's sources as they are, which may have changed since."""
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=paths.checkout(), capture_output=True, text=True, check=False
    )
    commit = asked.stdout.strip() if asked.returncode == 0 else "no-git"
    parts = {str(path.relative_to(SOURCES)): path.read_text() for path in fingerprint.files(SOURCES)}
    return f"{commit}+{fingerprint.combine(parts)}"


def result(log: Sequence[str]) -> dict[str, Any] | None:
    """What the Job said of the model."""
    found = [line.removeprefix(RESULT) for line in log if line.startswith(RESULT)]
    return dict(json.loads(found[-1])) if found else None


def sentence(found: dict[str, Any] | None) -> str:
    """The result for people."""
    if found is None:
        return "its log is gone; the run is in MLflow"
    ndcg, base, gain = (found[key] for key in ("ndcg", "ndcg_popularity", "ndcg_difference"))
    return (
        f"NDCG@10 {ndcg['mean']:.3f} against {base['mean']:.3f} of popularity: "
        f"{gain['mean']:+.3f} (95% interval {gain['low']:+.3f} to {gain['high']:+.3f}); "
        f"version {found['model_version']} of the registered model"
    )
