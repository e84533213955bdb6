"""Passwords and keys, all derived from the one root secret of a stack."""

from __future__ import annotations

import base64
import re

import pulumi
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PART = re.compile(r"[a-z0-9][a-z0-9.-]*")


def derive_text(root: str, component: str, name: str, rotation: int) -> str:
    """43 URL-safe characters (256 bits) by HKDF-SHA256; another rotation gives another, unrelated text."""
    for part in (component, name):
        if not _PART.fullmatch(part):
            raise ValueError(f"{part!r} can't be part of a secret's name: use a-z, 0-9, '.' and '-'")
    info = f"mlplatform/{component}/{name}/{rotation}".encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(root.encode())
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


def derive(root: pulumi.Output[str], component: str, name: str, rotation: int) -> pulumi.Output[str]:
    """The same as a Pulumi secret: encrypted in the state, hidden in what is printed.

    Args:
        root: The stack's root secret.
        component: Whose secret it is, such as `mlflow`.
        name: Which of its secrets, such as `admin`.
        rotation: The counter in the spec; raise it to change the secret.
    """
    return pulumi.Output.secret(root.apply(lambda text: derive_text(text, component, name, rotation)))
