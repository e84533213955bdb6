#!/usr/bin/python3
"""Prints the SQL that sets the superuser's SCRAM verifier for a file's password, which the server itself never sees."""

import base64
import hashlib
import hmac
import secrets
import stringprep
import sys
from pathlib import Path

ITERATIONS = 4096  # what PostgreSQL itself takes


def main() -> None:
    """The file's name is the one argument."""
    password = Path(sys.argv[1]).read_text().strip("\n")
    if not password:
        sys.exit(f"the password in {sys.argv[1]} is empty")
    if not password.isascii() or any(stringprep.in_table_c21(character) for character in password):
        sys.exit(f"the password in {sys.argv[1]} has characters that aren't printable ASCII")
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (base64.b64encode(part).decode() for part in (salt, stored, server))
    print(f"ALTER ROLE postgres PASSWORD 'SCRAM-SHA-256${ITERATIONS}:{salt_text}${stored_text}:{server_text}';")


main()
