"""An image's tag is the hash of everything that goes into it; the parts are kept to say why it is rebuilt."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from images.catalog import FOLDER, Image, load
from local import paths
from local.problem import Problem
from local.toolchain import gobinaries

# Raise it when the builder makes other images from the same inputs.
BUILDER = "1"
IGNORED = {"README.md", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def files(folder: Path) -> Iterator[Path]:
    """The files of a folder that count, sorted; caches and the README don't."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not IGNORED.intersection(path.relative_to(folder).parts):
            yield path


def _digest(path: Path) -> str:
    executable = b"x" if os.access(path, os.X_OK) else b"-"
    return hashlib.sha256(executable + path.read_bytes()).hexdigest()[:16]


def base_image() -> str:
    """The image that MLP_BASE_IMAGE gives in place of Debian made here, or empty."""
    return os.environ.get("MLP_BASE_IMAGE", "")


def inputs(image: Image, images: Mapping[str, Image]) -> dict[str, str]:
    """Each thing that goes into the image, by a name that a person understands, and its hash."""
    found = {"the builder": BUILDER}
    for path in files(image.folder):
        found[f"images/{image.name}/{path.relative_to(image.folder)}"] = _digest(path)
    if image.kind != "binary":
        for path in files(FOLDER / "tools"):
            found[f"images/tools/{path.relative_to(FOLDER / 'tools')}"] = _digest(path)
    for name in image.copy:
        source = paths.checkout() / name
        if not source.is_dir():
            raise Problem(
                f"images/{image.name}/image.toml: copy {name!r} isn't a folder", "name a folder of the checkout"
            )
        for path in files(source):
            found[f"{name}/{path.relative_to(source)}"] = _digest(path)
    if image.base:
        found[f"its base {image.base}"] = tag(images[image.base], images)
    if image.binary:
        found[f"the program {image.binary}"] = gobinaries.path_of(image.binary).name
    if image.kind == "rootfs" and base_image():
        found["MLP_BASE_IMAGE"] = base_image()
    return found


def combine(parts: Mapping[str, str]) -> str:
    """The tag that inputs make."""
    text = json.dumps(dict(parts), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def tag(image: Image, images: Mapping[str, Image] | None = None) -> str:
    """The image's tag: sixteen hexadecimal digits over all its inputs."""
    return combine(inputs(image, load() if images is None else images))


def reasons(before: Mapping[str, str], now: Mapping[str, str], most: int = 3) -> str:
    """Why an image has another tag than last time, in words."""
    if not before:
        return "not built here before"
    changes = [f"{name} is new" for name in now if name not in before]
    changes += [f"{name} changed" for name in now if name in before and before[name] != now[name]]
    changes += [f"{name} is gone" for name in before if name not in now]
    if not changes:
        return "its image is no longer in the storage"
    rest = f" and {len(changes) - most} more" if len(changes) > most else ""
    return ", ".join(changes[:most]) + rest


def _note(name: str) -> Path:
    return paths.cache() / "images" / f"{name}.json"


def last_inputs(name: str) -> dict[str, str]:
    """The inputs of the last build on this machine; empty if there was none."""
    try:
        noted = json.loads(_note(name).read_text())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in noted["inputs"].items()}


def note(name: str, parts: Mapping[str, str]) -> None:
    """Keep the inputs of a build that ended well."""
    path = _note(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"tag": combine(parts), "inputs": dict(parts)}, indent=1) + "\n")
    fresh.replace(path)
