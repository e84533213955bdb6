"""What images there are: `images/<name>/image.toml`, read strictly."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from local.problem import Problem

FOLDER = Path(__file__).resolve().parent
KINDS = ("binary", "containerfile", "rootfs")
WANTED = {"str": "a text", "bool": "true or false"}
NODE_PREFIX = "registry.mlplatform.internal"


@dataclass(frozen=True)
class Image:
    """One image, as its `image.toml` says. Folders are names below `images/`."""

    name: str
    kind: str
    """`binary`: one static Go program alone; `containerfile`: by the folder's own; `rootfs`: Debian by mmdebstrap."""
    node: bool = False
    """The node itself needs it: it goes to containerd as an archive and runs by tag."""
    base: str = ""
    """The image that its Containerfile builds on, or empty."""
    binary: str = ""
    """The Go program (`local.toolchain.gobinaries`) that is put at /usr/local/bin."""
    user: str = "10001:10001"
    """Of kind binary: who runs it. Root only where the manifest that kubeadm writes relies on it."""
    smoke: tuple[str, ...] = ()
    """Of kind binary, where there is no shell for a smoke.sh: the command that must end well in the built image."""
    optional: bool = False
    """Too large for everybody: only `mlp images NAME` builds it, and what would use it says so where it isn't there."""
    runs_on: bool = False
    """Of kind binary: its smoke command has no end of its own; it passes if it still runs after a second."""
    copy: tuple[str, ...] = ()
    """Folders of the checkout that the Containerfile copies in, from `copy/` in its context."""
    packages: tuple[str, ...] = ()
    """Of kind rootfs: Debian packages besides the minimal set."""
    suite: str = ""
    """Of kind rootfs: Debian's code name."""
    refreshed: str = ""
    """Of kind rootfs: a date; a new one takes in Debian's updates, here and in all that builds on it."""

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return FOLDER / self.name


def _is(value: object, wanted: str) -> bool:
    if isinstance(value, list):
        return wanted == "a list of texts" and all(isinstance(item, str) for item in value)
    return isinstance(value, bool if wanted == "true or false" else str) and wanted != "a list of texts"


def parse(name: str, table: dict[str, Any]) -> Image:
    """One image from its table; an unknown, missing or misplaced key is a Problem that names it."""
    where = f"images/{name}/image.toml"
    known = {field.name for field in fields(Image)} - {"name"}
    if unknown := sorted(set(table) - known):
        raise Problem(f"{where}: unknown key {unknown[0]!r}", f"use one of: {', '.join(sorted(known))}")
    if (kind := table.get("kind")) not in KINDS:
        raise Problem(f"{where}: kind is {kind!r}", f"use one of: {', '.join(KINDS)}")
    values: dict[str, Any] = {}
    for field in fields(Image):
        if field.name not in table:
            continue
        value, wanted = table[field.name], WANTED.get(str(field.type), "a list of texts")
        if not _is(value, wanted):
            raise Problem(f"{where}: {field.name} is {value!r}", f"give it as {wanted}")
        values[field.name] = tuple(value) if isinstance(value, list) else value
    image = Image(name=name, **values)
    if kind == "binary" and not (image.binary and image.smoke):
        raise Problem(f"{where}: kind binary without binary and smoke", "name the Go program and a command to try it")
    if image.optional and image.node:
        raise Problem(f"{where}: both optional and the node's", "drop one of the two: a node needs all of its images")
    if kind == "rootfs" and not (image.suite and image.refreshed):
        raise Problem(f"{where}: kind rootfs without suite and refreshed", "name Debian's suite and a date")
    return image


def read(folder: Path) -> dict[str, Image]:
    """The images below a folder, in the order in which they can be built."""
    images = {}
    for path in sorted(folder.glob("*/image.toml")):
        name = path.parent.name
        try:
            table = tomllib.loads(path.read_text())
        except tomllib.TOMLDecodeError as error:
            raise Problem(f"images/{name}/image.toml: {error}", "correct the TOML") from error
        images[name] = parse(name, table)
    for image in images.values():
        if image.base and image.base not in images:
            raise Problem(
                f"images/{image.name}/image.toml: base {image.base!r} isn't an image", "name a folder of images/"
            )
    return dict(sorted(images.items(), key=lambda item: (len(ancestors(item[1], images)), item[0])))


def ancestors(image: Image, images: dict[str, Image]) -> tuple[str, ...]:
    """The images that this one needs built, nearest first."""
    names: list[str] = []
    here = image
    while needed := here.base:
        if needed == image.name or needed in names:
            raise Problem(f"images/{image.name}/image.toml: its bases form a circle", "name another base")
        names.append(needed)
        here = images[needed]
    return tuple(names)


@cache
def load() -> dict[str, Image]:
    """All images of the checkout, bases first."""
    return read(FOLDER)
