"""The verifier that PostgreSQL gets proves the right password and no other, by RFC 5802's own arithmetic."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import subprocess
import sys
from pathlib import Path

import pytest

from images import catalog

PROGRAM = catalog.FOLDER / "postgres" / "verifier.py"
FORM = re.compile(r"ALTER ROLE postgres PASSWORD 'SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):([^']+)';\n")


def run(tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "password").write_text(text)
    return subprocess.run([sys.executable, PROGRAM, tmp_path / "password"], capture_output=True, text=True, check=False)


def proves(verifier: re.Match[str], password: str) -> bool:
    salt, stored, server = (base64.b64decode(part) for part in verifier.groups()[1:])
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, int(verifier[1]))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return hashlib.sha256(client_key).digest() == stored and hmac.digest(salted, b"Server Key", "sha256") == server


def test_the_right_password_proves_itself(tmp_path: Path) -> None:
    ended = run(tmp_path, "a-Secret_'x\n")
    verifier = FORM.fullmatch(ended.stdout)
    assert verifier, ended.stdout
    assert proves(verifier, "a-Secret_'x")
    assert not proves(verifier, "a-Secret_'y")
    assert "a-Secret" not in ended.stdout


def test_each_salt_is_its_own(tmp_path: Path) -> None:
    assert run(tmp_path, "same").stdout != run(tmp_path, "same").stdout


@pytest.mark.parametrize(
    ("text", "said"), [("", "is empty"), ("\n", "is empty"), ("pässword", "ASCII"), ("a\tb", "ASCII")]
)
def test_a_password_that_cant_be_is_refused(tmp_path: Path, text: str, said: str) -> None:
    ended = run(tmp_path, text)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert ended.stdout == ""
