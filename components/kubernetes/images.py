"""Images by digest from our own registry, as a release lists them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Images:
    """The digests of one release in one registry."""

    release: str
    registry: str
    digests: Mapping[str, str]

    def reference(self, name: str) -> str:
        """`registry/name@sha256:...`; an image that the release lacks is a `RunError`."""
        if name not in self.digests:
            raise pulumi.RunError(f"image {name} isn't in release {self.release}\n  fix: run `mlp images` first")
        return f"{self.registry}/{name}@{self.digests[name]}"


def read(folder: Path, release: str, registry: str) -> Images:
    """The release `folder/<release>.json`, which is `{"images": {name: "sha256:..."}}`."""
    path = folder / f"{release}.json"
    where = f"images/releases/{path.name}"
    try:
        digests = json.loads(path.read_text(encoding="utf-8"))["images"]
    except FileNotFoundError:
        raise pulumi.RunError(f"{where}: images is {release!r}, which isn't built\n  fix: run `mlp images` first") from None
    except (OSError, ValueError, TypeError, KeyError):
        raise pulumi.RunError(f'{where}: not {{"images": {{name: digest}}}}\n  fix: run `mlp images` again') from None
    for name, digest in digests.items():
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            raise pulumi.RunError(f"{where}: image {name} is {digest!r}, no digest\n  fix: run `mlp images` again")
    return Images(release, registry, digests)
