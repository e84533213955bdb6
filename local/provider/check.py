"""Inputs of a resource, validated and completed: name, namespace, normal form."""

from __future__ import annotations

from typing import Any

from local.provider import checkpoint, naming, normalize, objects
from local.provider.await_ import expressions
from local.provider.await_.ready import WAIT_FOR
from local.provider.cluster import Cluster
from local.provider.errors import ProviderError
from local.provider.urns import Kind, kind_of, name_of
from local.provider.wire import UNKNOWN, Object

Failure = tuple[str, str]


def complete(
    cluster: Cluster, urn: str, olds: Object, news: Object, seed: bytes, autonaming: Any | None
) -> tuple[Object, list[Failure]]:
    """New inputs as they go to diff, create and update, and what is wrong with them.

    Args:
        cluster: For the default namespace and the scope of custom kinds.
        urn: The resource.
        olds: Inputs in the state; empty for a new resource.
        news: The program's inputs.
        seed: The engine's seed for made-up names.
        autonaming: The engine's options for them.
    """
    kind = kind_of(urn)
    new = checkpoint.to_manifest(news)
    failures = _failures(new, kind)
    if failures:
        return news, failures
    new.setdefault("apiVersion", kind.api_version)
    new.setdefault("kind", kind.kind)
    normalize.inputs(new)
    if olds:
        naming.adopt(new, checkpoint.to_manifest(olds))
    else:
        naming.assign(new, name_of(urn), seed, autonaming)
    if objects.metadata(new).get("generateName") and not objects.is_named(new):
        return news, [
            ("metadata.generateName", "isn't supported by server-side apply; set metadata.name or leave both out")
        ]
    if objects.is_crd(new):
        cluster.learn(new)
    _default_namespace(cluster, new)
    return checkpoint.to_properties(new, news), []


def _default_namespace(cluster: Cluster, new: Object) -> None:
    metadata = new.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("namespace"):
        return
    if cluster.namespaced(Kind.of(str(new["apiVersion"]), str(new["kind"]))):
        metadata["namespace"] = cluster.default_namespace()


def _failures(new: Object, kind: Kind) -> list[Failure]:
    """What every object must have; the rest is the API server's to say, in the preview's dry run."""
    failures: list[Failure] = []
    for key in ("apiVersion", "kind"):
        if key in new and not isinstance(new[key], str) and new[key] is not UNKNOWN:
            failures.append((key, f"must be text, not {type(new[key]).__name__}"))
    if new.get("kind", kind.kind) not in (kind.kind, UNKNOWN):
        failures.append(("kind", f"{new['kind']!r} doesn't fit the resource's type, which is of kind {kind.kind!r}"))
    metadata = new.get("metadata", {})
    if metadata is UNKNOWN:
        return failures
    if not isinstance(metadata, dict):
        return [*failures, ("metadata", f"must be an object, not {type(metadata).__name__}")]
    for key in ("name", "namespace", "generateName"):
        if key in metadata and not isinstance(metadata[key], str) and metadata[key] is not UNKNOWN:
            failures.append((f"metadata.{key}", f"must be text, not {type(metadata[key]).__name__}"))
    if waiting := objects.annotation(new, WAIT_FOR):
        try:
            expressions.parse(waiting)
        except ProviderError as error:
            failures.append((f'metadata.annotations["{WAIT_FOR}"]', str(error)))
    for key in ("labels", "annotations"):
        values = metadata.get(key, {})
        if values is UNKNOWN:
            continue
        if not isinstance(values, dict):
            failures.append((f"metadata.{key}", f"must be an object, not {type(values).__name__}"))
            continue
        failures += [
            (f'metadata.{key}["{name}"]', f"must be text, not {type(value).__name__}: put it in quotes")
            for name, value in values.items()
            if not isinstance(value, str) and value is not UNKNOWN
        ]
    return failures
