"""The whole: a ModelService's model becomes an image, and the ModelService is told."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import image, layer
from .cluster import ANNOTATION, Cluster
from .errors import PackError
from .registry import Registry
from .source import Source, describe, resolve

FORMAT = "1"
"""Raised when the same model makes another image."""
IMAGE = "MLP_SERVING_IMAGE"
TRIES = 3
SERVICE = "mlplatform_serving.service:PackedModel"
"""What BentoML imports to serve a packed model."""


@dataclass(frozen=True)
class Packed:
    """What was packed, and whether its ModelService rolls it out now."""

    image: str
    model: str
    version: str
    run: str
    changed: bool
    """Whether the ModelService was told something new."""
    annotation: str
    """What it was told."""


def package(service: str, cluster: Cluster | None = None, say: Callable[[str], None] = print) -> Packed:
    """Pack what a service's `model` is now, and have it rolled out. Done already, it changes nothing.

    Args:
        service: Name of the model service, as the team's spec has it.
        cluster: Whose ModelService; of this pod's namespace if None.
        say: Where progress goes.

    Raises:
        PackError: It can't be done, with what would help.
    """
    start = time.monotonic()
    cluster = cluster or Cluster.own()
    given = os.environ.get(IMAGE, "")
    if not given:
        raise PackError(f"{IMAGE} isn't set", "run mlp up: the team's stack sets it for tasks of teams with models")
    base = image.parse(given)
    wanted = cluster.get(service)
    source = resolve(wanted["spec"]["model"])
    say(f"package: {source.model} version {source.version}")
    reference = push(source, base, f"{base.repository.rpartition('/')[0]}/model-{cluster.namespace}-{service}", say)
    told = annotation(wanted)
    if told.get("image") == reference and not gave_up(wanted):
        say(f"package: {service} has it already, {reference}")
        return Packed(reference, source.model, source.version, source.run, False, json.dumps(told))
    text = json.dumps(
        {
            "image": reference,
            "version": source.version,
            "model": source.model,
            "run": source.run,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        sort_keys=True,
    )
    cluster.annotate(service, text)
    say(f"package: {service} rolls out {reference} ({time.monotonic() - start:.1f} s)")
    return Packed(reference, source.model, source.version, source.run, True, text)


def push(source: Source, base: image.Reference, repository: str, say: Callable[[str], None] = print) -> str:
    """The image of a source, made and pushed unless it is there; by digest."""
    registry = Registry(base.host)
    tag = tag_of(source, base)
    if digest := image.find(registry, repository, tag):
        return str(image.Reference(base.host, repository, digest))
    with tempfile.TemporaryDirectory(prefix="package-") as made:
        folder = Path(made) / "model"
        folder.mkdir()
        source.fetch(folder)
        complete(folder, source)
        packed = layer.write(folder, Path(made) / "layer.tar")
        say(f"package: {packed.size / 2**20:.1f} MiB on {base.repository}@{base.digest[:19]}")
        digest = _patiently(lambda: image.append(registry, base, repository, tag, packed, labels(source)))
    return str(image.Reference(base.host, repository, digest))


def _patiently(push: Callable[[], str]) -> str:
    """A registry that restarts is no reason to give up; what was pushed already isn't pushed again."""
    for left in reversed(range(TRIES)):
        with contextlib.suppress(*((PackError,) if left else ())):
            return push()
        time.sleep(2)
    raise AssertionError("the last try returns or raises")


def complete(folder: Path, source: Source) -> None:
    """What a pod reads beside the model: package.json, and bento.yaml where the team gave none."""
    (folder / "package.json").write_text(json.dumps(describe(source), sort_keys=True) + "\n")
    bento = folder / "bento.yaml"
    if not bento.exists():
        # JSON is YAML. The service's code is in the golden image: what is packed is the model alone.
        found = {
            "service": SERVICE,
            "name": source.model,
            "version": source.version,
            "bentoml_version": "1.4.40",
            "creation_time": image.EPOCH,
            "labels": labels(source),
            "entry_service": "packed-model",
            "services": [{"name": "packed-model", "service": SERVICE}],
            "models": [],
            "schema": {},
            "spec": 2,
        }
        (folder / "src").mkdir()
        bento.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


def labels(source: Source) -> dict[str, str]:
    """Of the image, for people who look at it."""
    return {
        "dev.mlplatform.model": source.model,
        "dev.mlplatform.model-version": source.version,
        "dev.mlplatform.run-id": source.run,
    }


def tag_of(source: Source, base: image.Reference) -> str:
    """The tag of a version on a base: it tells whether it is packed without fetching it."""
    made = hashlib.sha256(json.dumps([FORMAT, base.digest, source.kind, *source.stamp]).encode()).hexdigest()
    return f"{source.version[:32]}-{made[:16]}"


def annotation(service: Mapping[str, Any]) -> dict[str, Any]:
    """What a ModelService was told to serve; empty if nothing that can be read."""
    try:
        found = json.loads(service["metadata"]["annotations"][ANNOTATION])
    except (KeyError, TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def gave_up(service: Mapping[str, Any]) -> bool:
    """Whether what it was told last was rolled back: then to be told it again means to try again."""
    text = service["metadata"]["annotations"][ANNOTATION]
    status = service.get("status") or {}
    if status.get("package") not in (None, hashlib.sha256(text.encode()).hexdigest()[:12]):
        return False
    final = {"Crashed", "NotReady", "Errors", "Slow", "Superseded", "Withdrawn"}
    return any(
        one.get("type") == "RolledOut" and one.get("status") == "False" and one.get("reason") in final
        for one in status.get("conditions") or ()
    )
