"""Builds one image and tries it: nothing that hasn't passed its smoke test gets a tag."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from images import context, fingerprint, storage
from images.catalog import FOLDER, NODE_PREFIX, Image, load
from local import paths
from local.problem import Problem
from local.tasks import Report

# What a RUN needs and no image may keep is mounted on folders that Debian has: the tools at /mnt, uv's cache at /media.
TOOLS, UV_CACHE = "/mnt", "/media"
AUTHORITIES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"))
PASSED_ON = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX", "UV_INSECURE_HOST")


@dataclass(frozen=True)
class Built:
    """An image in the storage that passed its smoke test."""

    image: Image
    tag: str
    fresh: bool
    """It was built just now, not found."""


def log_of(image: Image) -> Path:
    """The log of the image's last build."""
    return paths.cache() / "logs" / f"image-{image.name}.log"


def archive_path(image: Image, tag: str) -> Path:
    """Where the archive of a node's image with that tag is, or will be."""
    return storage.archives() / f"{image.name}-{tag}.tar"


def build(image: Image, report: Report) -> Built:
    """Build the image unless it is there: stage, build, try, then tag.

    Raises:
        Problem: The build or the smoke test failed; with the end of the log.
    """
    parts = fingerprint.inputs(image, load())
    tag = fingerprint.combine(parts)
    with storage.locked(image.name):
        if _is_there(image, tag):
            report.cached()
            return Built(image, tag, fresh=False)
        report.say(f"building, because: {fingerprint.reasons(fingerprint.last_inputs(image.name), parts)}")
        _make(image, tag)
        fingerprint.note(image.name, parts)
    return Built(image, tag, fresh=True)


def _is_there(image: Image, tag: str) -> bool:
    """Whether it needs no build: the node's own images are used from their archives, all others from the storage."""
    if image.node and archive_path(image, tag).is_file():
        return True
    return storage.reference(image.name, tag) in storage.stored()


def _make(image: Image, tag: str) -> None:
    log = log_of(image)
    log.unlink(missing_ok=True)
    candidate = f"{storage.PREFIX}/candidate:{uuid.uuid4().hex}"
    with _folder(image) as folder, _tools() as tools:
        context.fill(image, folder, log)
        storage.buildah(_arguments(image, tag, candidate, folder, tools), log, f"building image {image.name}")
    try:
        smoke(image, candidate, log)
        storage.buildah(["tag", candidate, storage.reference(image.name, tag)], log, f"tagging image {image.name}")
    finally:
        storage.buildah(["rmi", candidate], log, f"removing the candidate of image {image.name}")


def _arguments(image: Image, tag: str, name: str, folder: Path, tools: Path) -> list[str]:
    uv_cache = paths.cache() / "uv"
    uv_cache.mkdir(parents=True, exist_ok=True)
    arguments = ["bud", "--network", "host", "--timestamp", "0", "--identity-label=false", "--tag", name]
    arguments += ["--label", f"org.opencontainers.image.title={image.name}", "--label", f"mlplatform.tag={tag}"]
    if image.kind != "binary":
        # Layers are shared and kept: new code on old libraries moves the code alone.
        arguments += ["--layers", "--volume", f"{tools}:{TOOLS}:ro", "--volume", f"{uv_cache}:{UV_CACHE}:rw"]
    if image.base:
        base = load()[image.base]
        arguments += ["--pull-never", "--build-arg", f"BASE={storage.reference(base.name, fingerprint.tag(base))}"]
    elif image.kind == "rootfs" and fingerprint.base_image():
        arguments += ["--build-arg", f"BASE={fingerprint.base_image()}"]
    return [*arguments, "--file", str(folder / "Containerfile"), str(folder)]


def smoke(image: Image, reference: str, log: Path) -> None:
    """Run the image's smoke test in a container of it, as the image's own user."""
    if not image.smoke and not (image.folder / "smoke.sh").is_file():
        raise Problem(f"image {image.name} has no smoke test", f"write images/{image.name}/smoke.sh")
    what = f"smoke test of image {image.name}"
    container = f"smoke-{image.name}-{uuid.uuid4().hex[:8]}"
    storage.buildah(["from", "--pull-never", "--name", container, reference], log, what)
    try:
        if image.smoke:
            storage.buildah(["run", container, "--", *image.smoke], log, what, runs_on=image.runs_on)
        else:
            mounted = ["--volume", f"{image.folder}:{TOOLS}:ro"]
            storage.buildah(["run", *mounted, container, "--", "sh", f"{TOOLS}/smoke.sh"], log, what)
    finally:
        storage.buildah(["rm", container], log, what)


def archive(image: Image) -> Path:
    """The image as an oci-archive that containerd imports as `registry.mlplatform.internal/<name>:<tag>`.

    Raises:
        Problem: The image isn't built.
    """
    tag = fingerprint.tag(image)
    path = archive_path(image, tag)
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    source = built(image, tag)
    with storage.locked(image.name):
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        target = f"oci-archive:{fresh}:{NODE_PREFIX}/{image.name}:{tag}"
        storage.buildah(
            ["push", "--quiet", source, target], log_of(image), f"writing the archive of image {image.name}"
        )
        fresh.replace(path)
    return path


def built(image: Image, tag: str) -> str:
    """The image's reference in the storage.

    Raises:
        Problem: It isn't there.
    """
    reference = storage.reference(image.name, tag)
    if reference not in storage.stored():
        raise Problem(f"image {image.name} isn't built from the files as they are now", "run `mlp images` first")
    return reference


@contextmanager
def _folder(image: Image) -> Iterator[Path]:
    """A build context that goes away; on the cache's disk, since it may be large."""
    parent = paths.cache() / "images"
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"context-{image.name}-", dir=parent) as made:
        yield Path(made)


@contextmanager
def _tools() -> Iterator[Path]:
    """What is mounted into a RUN: our scripts, uv, and the machine's settings, which no image may keep."""
    with tempfile.TemporaryDirectory(prefix="tools-", dir=paths.cache() / "images") as made:
        folder = Path(made)
        for path in fingerprint.files(FOLDER / "tools"):
            shutil.copy(path, folder / path.name)
        shutil.copy(paths.cache() / "boot" / "bin" / "uv", folder / "uv")
        (folder / "settings").write_text(_settings(folder))
        yield folder


def _settings(folder: Path) -> str:
    """Shell settings of this machine: its certificate authorities and package indexes."""
    lines = [f"UV_CACHE_DIR={UV_CACHE}", "UV_LINK_MODE=copy", "UV_PYTHON_DOWNLOADS=never"]
    given = os.environ.get("SSL_CERT_FILE")
    for bundle in ([Path(given)] if given else []) + list(AUTHORITIES):
        if bundle.is_file():
            shutil.copy(bundle, folder / "authorities.crt")
            names = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
            lines += [f"{name}={TOOLS}/authorities.crt" for name in names]
            break
    for name, value in sorted(os.environ.items()):
        if name.startswith(PASSED_ON):
            quoted = value.replace("'", "'\\''")
            lines.append(f"{name}='{quoted}'")
    return "".join(f"export {line}\n" for line in lines)
