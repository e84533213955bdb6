from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from images.serving.mlplatform_packer import registry as packed_by
from images.serving.mlplatform_packer.image import Reference
from images.serving.mlplatform_packer.source import Source
from tests.doubles import registry
from tests.doubles.registry import RegistryDouble

BASE = "mlplatform/serving"


@pytest.fixture
def double() -> Iterator[RegistryDouble]:
    with registry.serving() as made:
        yield made


@pytest.fixture
def base(double: RegistryDouble) -> Reference:
    """The golden image: two layers, and labels of its own."""
    layers = [double.put(BASE, text) for text in (b"debian", b"python")]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["serve"], "Labels": {"title": "serving"}},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "1" * 64, "sha256:" + "2" * 64]},
        "history": [{"created_by": "apt"}, {"created_by": "pip"}],
    }
    text = json.dumps(config).encode()
    kind = packed_by.OCI_MANIFEST
    manifest = {
        "schemaVersion": 2,
        "mediaType": kind,
        "config": {"mediaType": "c", "digest": double.put(BASE, text), "size": len(text)},
        "layers": [{"mediaType": "l", "digest": digest, "size": 6} for digest in layers],
    }
    return Reference(double.host, BASE, double.put_manifest(BASE, json.dumps(manifest).encode(), kind))


def source(version: str = "3", text: str = "weights") -> Source:
    """A version that is one file."""

    def fetch(folder: Path) -> None:
        (folder / "model").mkdir()
        (folder / "model" / "MLmodel").write_text(text)

    return Source("mlflow", "keywords", version, "run-1", ("keywords", version, "models:/m-1", "5"), fetch)
