"""The folder of this machine's state and the two secrets in it that are made once."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from local import paths


def ensure() -> None:
    """Make the folder, Pulumi's backend in it, the passphrase and the root secret, all for this user alone."""
    home = paths.home()
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    paths.backend().mkdir(mode=0o700, exist_ok=True)
    for file in (paths.passphrase(), paths.root_secret()):
        if not file.exists():
            _create(file, secrets.token_urlsafe(32))


def _create(file: Path, text: str) -> None:
    """Create a file with its whole content or not at all, and never over one that is there."""
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(descriptor, "w") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        os.link(temporary, file)
    except FileExistsError:
        # Another process was faster: its secret is the one that counts.
        return
    finally:
        Path(temporary).unlink()
