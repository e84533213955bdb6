"""Attempts with the team's git credential."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from tests.support.attempts.attempt import Attacker, Attempt, Target

REFUSED = "Authentication failed|403|404|not found"


def sign_in(who: Attacker, target: Target) -> None:
    replace(who.team.repositories, user=target.user).head(target.namespace)


def clone(who: Attacker, target: Target) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = who.team.repositories.url(target.namespace)
        who.team.repositories.git("clone", "-q", url, str(Path(folder) / "clone"))


def push(who: Attacker, target: Target) -> None:
    with tempfile.TemporaryDirectory() as folder:
        who.team.repositories.push(
            target.namespace, Path(folder) / "clone", {"dags/e2e.md": token_hex()}, content_of=who.team.name
        )


ATTEMPTS = (
    Attempt("repository-sign-in", REFUSED, sign_in),
    Attempt("repository-clone", REFUSED, clone),
    Attempt("repository-push", REFUSED, push),
)
