"""Every secret of this installation, and the search for them through all images."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local import paths
from local.node.layout import layout
from mlp import config, teams
from tests.support import derived
from tests.support.secret_scan import Leak, Scanner, image_blobs

FOUNDATION, PLATFORM = "local-foundation", "local-platform"


def scanner(environment: Mapping[str, str]) -> Scanner:
    """A scanner for every secret there is now: of the stacks and of the teams that stand."""
    found = derived.of_stack(FOUNDATION, {}, environment)
    found |= derived.of_stack(PLATFORM, outputs_of(FOUNDATION, environment), environment)
    platform = outputs_of(PLATFORM, environment)
    for stack in map(teams.stack_of, teams.standing()):
        found |= derived.of_stack(stack, platform, environment)
        found[f"the root secret of {stack}"] = config.root_secret(stack)
    found["the root secret"] = paths.root_secret().read_text().strip()
    found["the passphrase"] = paths.passphrase().read_text().strip()
    return Scanner(found)


def outputs_of(stack: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The outputs of a stack, by plain `pulumi`."""
    printed = subprocess.run(
        ["pulumi", "stack", "output", "--json", "--stack", stack],
        cwd=paths.checkout(),
        env=dict(environment),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    outputs: dict[str, Any] = json.loads(printed)
    return outputs


@dataclass(frozen=True)
class Searched:
    """What came of the search through all images."""

    secrets: int
    blobs: int
    size: int
    """Bytes, packed."""
    leaks: list[Leak]


def search_images(looking: Scanner) -> Searched:
    """Look for all of them in every layer, config and manifest that the registry and containerd keep."""
    blobs = image_blobs([layout().registry, layout().containerd])
    size = sum(blob.stat().st_size for blob in blobs)
    return Searched(len(looking.names), len(blobs), size, looking.blobs(blobs))
