"""Who may use a repository: its name and a password, of which only a salted hash is kept."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

NAME = re.compile(r"team-[a-z][a-z0-9-]{0,28}[a-z0-9]")
LEAST = 32
"""Characters of a password. All of ours are 256 random bits: no list of likely ones helps against a fast hash, and a
slow one would cost each of Airflow's polls more than git itself."""


@dataclass(frozen=True)
class Check:
    """Who says whether a push to main is right."""

    url: str
    key: str


@dataclass(frozen=True)
class Access:
    """What is kept of one repository's user."""

    salt: str
    digest: str
    check: Check | None = None

    @classmethod
    def of(cls, password: str, check: Check | None) -> Access:
        """A new one, with a salt of its own."""
        salt = secrets.token_hex(16)
        return cls(salt, _digest(salt, password), check)

    def opened_by(self, password: str) -> bool:
        """Whether this is the password; in the same time if it isn't."""
        return hmac.compare_digest(self.digest, _digest(self.salt, password))

    def to_json(self) -> str:
        """For the file."""
        check = {"url": self.check.url, "key": self.check.key} if self.check else None
        return json.dumps({"salt": self.salt, "digest": self.digest, "check": check})

    @classmethod
    def from_json(cls, text: str) -> Access:
        """From the file."""
        found = json.loads(text)
        return cls(found["salt"], found["digest"], Check(**found["check"]) if found["check"] else None)


def _digest(salt: str, password: str) -> str:
    return hashlib.sha256(f"{salt}:{password}".encode(errors="surrogateescape")).hexdigest()


NOBODY = Access.of(secrets.token_hex(16), None)
"""What the password of a user that isn't there is compared with."""


def basic(header: str | None) -> tuple[str, str] | None:
    """User and password of an Authorization header; None if it has none."""
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None


def is_bearer(header: str | None, key: str) -> bool:
    """Whether an Authorization header holds this key."""
    scheme, _, value = (header or "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(value.strip().encode(), key.encode())


def wanted(body: bytes) -> tuple[str, Check | None]:
    """Password and check of a request to give access.

    Raises:
        ValueError: It isn't of the form; never with a value in its text.
    """
    try:
        found: Any = json.loads(body)
    except ValueError:
        raise ValueError("give a JSON object") from None
    if not isinstance(found, dict) or not set(found) <= {"password", "check"}:
        raise ValueError('give an object of "password" and "check"')
    password, check = found.get("password"), found.get("check")
    if not isinstance(password, str) or len(password) < LEAST:
        raise ValueError(f"password: give a text of {LEAST} characters or more")
    if check is None:
        return password, None
    if not isinstance(check, dict) or set(check) != {"url", "key"}:
        raise ValueError('check: give null, or an object of "url" and "key"')
    url, key = check["url"], check["key"]
    if not isinstance(url, str) or not re.fullmatch(r"https?://[!-~]+", url) or not urlsplit(url).hostname:
        raise ValueError("check.url: give an http or https address")
    if not isinstance(key, str) or not re.fullmatch(r"[!-~]+", key):
        raise ValueError("check.key: give a text without spaces")
    return password, Check(url, key)
