"""The Job of one sweep: the team's template with a name, a number of pods, the sweep and its project."""

from __future__ import annotations

import base64
import copy
import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from components.kubernetes.labels import GROUP
from components.team.tuning_pod import ARCHIVE, PROJECT
from local.problem import Problem
from mlp import repository
from mlp.sweep_spec import SweepSpec

SWEEP = f"{GROUP}/sweep"
"""Label of what belongs to one sweep: its name."""
PREFIX = "sweep-"
MOST_BYTES = 900_000
"""What a ConfigMap holds, less the rest of it."""
WORKER_KEYS = (
    "name",
    "objective",
    "trials",
    "direction",
    "pruner",
    "seed",
    "failures",
    "heartbeat_seconds",
    "grace_seconds",
)
"""What the worker itself has to know (images/tuning/mlplatform_tuning/settings.py)."""


def name_of(sweep: str) -> str:
    """Of its Job and its ConfigMap."""
    return f"{PREFIX}{sweep}"


def archive(folder: Path) -> bytes:
    """The project as an archive: the same files, the same bytes.

    Raises:
        Problem: It isn't a package, or too big for a ConfigMap.
    """
    if not folder.is_dir() or not folder.name.isidentifier():
        raise Problem(
            f"{folder} can't be imported from",
            "name a folder of letters, digits and '_' that has the objective's package",
        )
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for file in repository.files(folder):
            body = (folder / file).read_bytes()
            entry = tarfile.TarInfo(f"{folder.name}/{file}")
            entry.size, entry.mode = len(body), 0o644
            tar.addfile(entry, io.BytesIO(body))
    made = gzip.compress(packed.getvalue(), mtime=0)
    if len(made) > MOST_BYTES:
        raise Problem(
            f"{folder} has {len(made)} bytes packed, and a sweep's project may have {MOST_BYTES}",
            "keep data in the team's bucket, and out of git (`.gitignore`)",
        )
    return made


def manifest(template: dict[str, Any], spec: SweepSpec, project: bytes | None, commit: str) -> dict[str, Any]:
    """The Job.

    Args:
        template: The file of the team's ConfigMap tuning.
        spec: The sweep.
        project: Its archive, for ConfigMap `name_of(spec.name)`.
        commit: Of the project, empty if git doesn't know it.
    """
    job = copy.deepcopy(template)
    pod = job["spec"]["template"]
    for metadata in (job["metadata"], pod["metadata"]):
        metadata["labels"] = {**metadata["labels"], SWEEP: spec.name}
    job["metadata"]["name"] = name_of(spec.name)
    job["spec"]["parallelism"] = spec.parallel
    (container,) = pod["spec"]["containers"]
    worker = {key: getattr(spec, key) for key in WORKER_KEYS}
    container["env"].append({"name": "SWEEP", "value": json.dumps(worker, sort_keys=True)})
    container["env"].append({"name": "MLP_CODE_VERSION", "value": version(project, commit)})
    if spec.resources is not None:
        wanted = {"cpu": spec.resources.cpu, "memory": spec.resources.memory}
        container["resources"] = {"requests": wanted, "limits": {"memory": spec.resources.memory}}
    if project is not None:
        container["env"].append({"name": "PROJECT", "value": f"{PROJECT}/{ARCHIVE}"})
        container["volumeMounts"].append({"name": "project", "mountPath": PROJECT, "readOnly": True})
        pod["spec"]["volumes"].append({"name": "project", "configMap": {"name": name_of(spec.name)}})
    return job


def version(project: bytes | None, commit: str) -> str:
    """What code the trials say they ran: the commit, and a hash of the files, which may have changed since."""
    if project is None:
        return "image"
    return f"{commit or 'no-git'}+{hashlib.sha256(project).hexdigest()[:12]}"


def config_map(job: dict[str, Any], project: bytes) -> dict[str, Any]:
    """The project, for the Job's pods."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {key: job["metadata"][key] for key in ("name", "namespace", "labels")},
        "binaryData": {ARCHIVE: base64.b64encode(project).decode()},
    }
