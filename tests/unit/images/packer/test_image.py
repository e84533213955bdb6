"""A model's image is the golden one and a layer more, made by the registry's API and only once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from images.serving.mlplatform_packer import image, pack
from images.serving.mlplatform_packer.errors import PackError
from images.serving.mlplatform_packer.image import Reference
from images.serving.mlplatform_packer.registry import DOCKER_MANIFEST, INDEXES, Registry, is_plain
from tests.doubles.registry import RegistryDouble
from tests.unit.images.packer.conftest import BASE, source

TARGET = "mlplatform/model-team-search-keywords"


def pushed(double: RegistryDouble, base: Reference, **which: str) -> str:
    return pack.push(source(**which), base, TARGET, lambda line: None)


def parts(double: RegistryDouble, reference: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Manifest and config of what was pushed."""
    manifest = json.loads(double.manifests[TARGET, reference.partition("@")[2]][0])
    return manifest, json.loads(double.blobs[TARGET, manifest["config"]["digest"]])


def test_it_is_the_base_and_one_layer(double: RegistryDouble, base: Reference) -> None:
    found = pushed(double, base)
    assert found.startswith(f"{double.host}/{TARGET}@sha256:")
    manifest, config = parts(double, found)
    assert [one["size"] for one in manifest["layers"][:2]] == [6, 6]
    layer = manifest["layers"][2]
    assert layer["mediaType"] == "application/vnd.oci.image.layer.v1.tar"
    assert config["rootfs"]["diff_ids"][2] == layer["digest"], "an uncompressed layer is its own diff"
    assert config["config"]["Entrypoint"] == ["serve"]
    assert config["config"]["Labels"] == {
        "title": "serving",
        "dev.mlplatform.model": "keywords",
        "dev.mlplatform.model-version": "3",
        "dev.mlplatform.run-id": "run-1",
    }
    assert len(config["history"]) == 3
    assert all((TARGET, one["digest"]) in double.blobs for one in manifest["layers"]), "all of it is in its repository"


def test_again_nothing_is_uploaded_or_even_fetched(double: RegistryDouble, base: Reference) -> None:
    first, uploads = pushed(double, base), double.uploads
    assert pushed(double, base, text="fetched again, this would be another image") == first
    assert double.uploads == uploads


def test_what_is_half_pushed_is_completed(double: RegistryDouble, base: Reference) -> None:
    first = pushed(double, base)
    for key in [key for key in double.manifests if key[0] == TARGET]:
        del double.manifests[key]
    assert pushed(double, base) == first


def test_another_version_or_base_is_another_image(double: RegistryDouble, base: Reference) -> None:
    other = json.loads(double.manifests[BASE, base.digest][0]) | {"annotations": {"refreshed": "today"}}
    digest = double.put_manifest(BASE, json.dumps(other).encode(), other["mediaType"])
    tags = {
        pack.tag_of(source(), base),
        pack.tag_of(source(version="4"), base),
        pack.tag_of(source(), Reference(base.host, base.repository, digest)),
    }
    assert len(tags) == 3
    assert pushed(double, base) != pushed(double, base, version="4", text="others")


def test_a_registry_that_mounts_nothing_is_given_the_layers(double: RegistryDouble, base: Reference) -> None:
    double.mounts = False
    manifest, _ = parts(double, pushed(double, base))
    assert double.blobs[TARGET, manifest["layers"][0]["digest"]] == b"debian"


def test_a_docker_manifest_stays_one(double: RegistryDouble, base: Reference) -> None:
    manifest = json.loads(double.manifests[BASE, base.digest][0]) | {"mediaType": DOCKER_MANIFEST}
    digest = double.put_manifest(BASE, json.dumps(manifest).encode(), DOCKER_MANIFEST)
    made, _ = parts(double, pushed(double, Reference(base.host, BASE, digest)))
    assert made["mediaType"] == DOCKER_MANIFEST
    assert made["layers"][2]["mediaType"] == "application/vnd.docker.image.rootfs.diff.tar"


def test_of_an_index_the_machine_s_own_is_taken(
    double: RegistryDouble, base: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = {
        "mediaType": INDEXES[0],
        "manifests": [
            {"digest": "sha256:" + "0" * 64, "platform": {"architecture": "s390x"}},
            {"digest": base.digest, "platform": {"architecture": "amd64"}},
        ],
    }
    digest = double.put_manifest(BASE, json.dumps(index).encode(), INDEXES[0])
    monkeypatch.setattr(image.platform, "machine", lambda: "x86_64")
    assert pushed(double, Reference(base.host, BASE, digest))
    monkeypatch.setattr(image.platform, "machine", lambda: "riscv64")
    with pytest.raises(PackError, match="isn't there for riscv64"):
        pushed(double, Reference(base.host, BASE, digest), version="9")


def test_a_base_that_isnt_there_is_said(double: RegistryDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack.time, "sleep", lambda seconds: None)
    with pytest.raises(PackError, match=r"has no image mlplatform/serving@sha256:a+\s+fix: push it: mlp images"):
        pushed(double, Reference(double.host, BASE, "sha256:" + "a" * 64))


def test_a_registry_that_refuses_is_tried_again_and_then_said(
    double: RegistryDouble, base: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            double.status = 0

    monkeypatch.setattr(pack.time, "sleep", sleep)
    monkeypatch.setattr(image, "find", lambda registry, repository, tag: "")
    double.status = 503
    assert pushed(double, base)
    assert len(pauses) == 2
    double.status = 401
    with pytest.raises(PackError, match=r"401.*\n.*REGISTRY_USERNAME"):
        pushed(double, base, version="4")


def test_nobody_at_the_address() -> None:
    with pytest.raises(PackError, match=r"registry 127\.0\.0\.1:9 doesn't answer"):
        Registry("127.0.0.1:9").manifest("a", "b")


def test_user_and_password_are_sent() -> None:
    told = Registry("127.0.0.1:9", {"REGISTRY_USERNAME": "u", "REGISTRY_PASSWORD": "p"})
    assert told._known == "dTpw"


@pytest.mark.parametrize(
    ("host", "plain"),
    [("100.64.0.1:5000", True), ("localhost:5000", True), ("10.0.0.1:5000", False), ("registry.example.org", False)],
)
def test_only_the_machine_s_own_registry_is_spoken_to_in_the_clear(host: str, plain: bool) -> None:
    assert is_plain(host) is plain


@pytest.mark.parametrize("text", ["", "host/name:tag", "host/name@sha256:abc", "name@sha256:" + "a" * 64])
def test_a_base_is_named_by_digest(text: str) -> None:
    with pytest.raises(PackError, match="MLP_SERVING_IMAGE"):
        image.parse(text)


def test_no_folder_is_left(double: RegistryDouble, base: Reference, tmp_path: Path) -> None:
    import tempfile

    tempfile.tempdir, before = str(tmp_path), tempfile.tempdir
    try:
        pushed(double, base)
    finally:
        tempfile.tempdir = before
    assert not list(tmp_path.iterdir())
