"""Releases: which digest of every image a stack runs. `images/releases/<release>.json`.

`local` is what this machine built and pushed, ignored by git; all others are committed and don't change.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from images.catalog import FOLDER
from local import paths
from local.problem import Problem

LOCAL = "local"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_lock = threading.Lock()


def path_of(release: str) -> Path:
    """The file of a release."""
    return FOLDER / "releases" / f"{release}.json"


def read(release: str) -> dict[str, str]:
    """The digest of every image of a release.

    Raises:
        Problem: There is no such release, or its file isn't what it should be.
    """
    path = path_of(release)
    shown = f"images/releases/{path.name}"
    if not path.is_file():
        fix = "run `mlp images` first" if release == LOCAL else "name a release of images/releases/"
        raise Problem(f"there is no image release {release!r} ({shown})", fix)
    try:
        table = json.loads(path.read_text())
    except ValueError as error:
        raise Problem(f"{shown}: {error}", "correct the JSON") from error
    images = table.get("images") if isinstance(table, dict) else None
    if not isinstance(images, dict) or set(table) != {"images"}:
        raise Problem(f"{shown} isn't of the form {{'images': {{name: digest}}}}", "correct the file")
    for name, digest in images.items():
        if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
            raise Problem(f"{shown}: {name} is {digest!r}", "give a digest: sha256: and 64 hexadecimal digits")
    return images


def record(name: str, tag: str, digest: str, registry: str) -> None:
    """Note on this machine by which digest an image is in the registry. Safe to call from several threads."""
    with _lock:
        noted = _noted()
        if noted.get("registry") != registry:
            noted = {"registry": registry, "images": {}}
        noted["images"][name] = {"tag": tag, "digest": digest}
        _write(paths.home() / "images.json", noted)


def write_local() -> Path:
    """Make the release `local` of what is noted on this machine; returns its path."""
    digests = {name: entry["digest"] for name, entry in sorted(_noted()["images"].items())}
    _write(path_of(LOCAL), {"images": digests})
    return path_of(LOCAL)


def _noted() -> dict[str, Any]:
    try:
        noted: dict[str, Any] = json.loads((paths.home() / "images.json").read_text())
    except (OSError, ValueError):
        return {"registry": "", "images": {}}
    return noted


def _write(path: Path, table: Mapping[str, Any]) -> None:
    path.parent.mkdir(mode=0o700 if path.parent == paths.home() else 0o755, parents=True, exist_ok=True)
    text = json.dumps(table, indent=2, sort_keys=True) + "\n"
    if path.is_file() and path.read_text() == text:
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.replace(path)
