"""Whether the registry has what a team runs: a missing image would show as a pod that never starts."""

from __future__ import annotations

from images import registry, releases
from local.problem import Problem
from mlp import graph
from mlp.target import Target

IMAGES = ("airflow", "airflow-worker", "statsd-exporter", "tuning")


def require(release: str, where: Target) -> None:
    """Look for the images of a release.

    Raises:
        Problem: The release or the registry lacks one.
    """
    digests = releases.read(release)
    address = graph.registry(where)
    for name in IMAGES:
        if name not in digests:
            raise Problem(f"image {name} isn't in release {release}", "build and push it: `mlp images`")
        # Only a registry without sign-in tells for sure that it lacks something.
        if registry.is_plain(address) and not registry.digest_of(registry.repository(name, address), digests[name]):
            raise Problem(f"registry {address} has no image {name} of release {release}", "push it: `mlp images`")
