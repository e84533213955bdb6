"""A team's git repository as its people reach it: cloned, changed, pushed by `git` itself."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local.problem import Problem
from mlp import web
from mlp.credentials import Credentials

BRANCH = "main"
SECONDS = 180
# Credentials come by environment: arguments can be read by everybody on the machine.
HELPER = '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$MLP_GIT_USER" "$MLP_GIT_PASSWORD"; }; f'
REFUSED = "refused: "
"""How the server begins its reasons."""
AGAIN = "mend that and push again"
BEHIND = ("non-fast-forward", "fetch first", "cannot lock ref", "failed to update ref")


class Behind(Exception):  # noqa: N818 - no error: somebody else pushed meanwhile
    """The branch has moved since the clone was made."""


@dataclass(frozen=True)
class Clone:
    """A working copy of the branch."""

    folder: Path
    environment: Mapping[str, str]

    def git(self, *arguments: str) -> str:
        """Run git in it.

        Raises:
            Problem: It failed.
        """
        return _git(arguments, self.folder, self.environment)

    @property
    def head(self) -> str:
        """The commit."""
        return self.git("rev-parse", "HEAD").strip()

    def changes(self) -> list[str]:
        """What differs from the commit, as `git status` writes it: letter and path."""
        self.git("add", "--all")
        return self.git("diff", "--cached", "--name-status", "--no-renames").splitlines()

    def push(self, message: str, author: tuple[str, str]) -> list[str]:
        """Commit all changes and push them; what the server said.

        Args:
            message: Of the commit.
            author: Name and e-mail address.

        Raises:
            Behind: Somebody else pushed meanwhile.
            Problem: The server refused; with its words.
        """
        name, email = author
        self.git("-c", f"user.name={name}", "-c", f"user.email={email}", "commit", "--quiet", "--message", message)
        done = _run(("push", "origin", f"HEAD:{BRANCH}"), self.folder, self.environment)
        said = _remote(done.stderr)
        if done.returncode == 0:
            return said
        if any(word in done.stderr for word in BEHIND):
            raise Behind
        if said:
            reasons = said[next((index for index, line in enumerate(said) if line.startswith(REFUSED)), 0) :]
            told = [line.removeprefix(REFUSED) for line in reasons]
            raise Problem("\n".join(["the push was refused", *(f"  {line}" for line in told)]), AGAIN)
        raise _failed("push", done.stderr)


@contextmanager
def cloned(address: str, credentials: Credentials, depth: int | None = 1) -> Iterator[Clone]:
    """A clone for a moment.

    Args:
        address: URL of the repository.
        credentials: What opens it.
        depth: So many commits; all if None.

    Raises:
        Problem: It can't be had; says why.
    """
    environment = _environment(address, credentials)
    with tempfile.TemporaryDirectory(prefix="mlp-dag-") as made:
        folder = Path(made) / "clone"
        some = [] if depth is None else ["--depth", str(depth)]
        _git(
            ("clone", "--quiet", "--single-branch", "--branch", BRANCH, *some, address, str(folder)),
            Path(made),
            environment,
        )
        yield Clone(folder, environment)


def author(folder: Path) -> tuple[str, str]:
    """Who works in a folder, as git knows them there."""
    name, email = (_asked(folder, "config", key) for key in ("user.name", "user.email"))
    return name or "mlp", email or "mlp@localhost"


def source(folder: Path) -> str:
    """The commit that a folder is at; empty if git doesn't know it."""
    commit = _asked(folder, "rev-parse", "HEAD")
    if not commit:
        return ""
    changed = _asked(folder, "status", "--porcelain", "--", ".")
    return f"{commit}, with changes that aren't committed" if changed else commit


def files(folder: Path) -> list[Path]:
    """The files of a folder that are worth keeping, relative to it: what git would take, where git knows the folder."""
    listed = _asked(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")
    paths = [Path(name) for name in listed.split("\0") if name]
    if not paths:
        paths = [path.relative_to(folder) for path in folder.rglob("*")]
        paths = [
            path for path in paths if not any(part.startswith(".") or part == "__pycache__" for part in path.parts)
        ]
    return sorted(path for path in set(paths) if (folder / path).is_file())


def _asked(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _environment(address: str, credentials: Credentials) -> dict[str, str]:
    """Git with nothing of the person's own settings, which may send it elsewhere or ask questions."""
    parts = urlsplit(address)
    settings = {"credential.helper": HELPER, "core.autocrlf": "false", "commit.gpgsign": "false"}
    if (parts.hostname or "").endswith(".localhost"):
        # Not every resolver knows names below localhost (RFC 6761), and no proxy does.
        settings |= {
            "http.curloptResolve": f"{parts.hostname}:{parts.port or 80}:{web.HERE}",
            "http.proxy": "",
        }
    given = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    for index, (key, value) in enumerate(settings.items()):
        given |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return {
        **given,
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        "MLP_GIT_USER": credentials.user,
        "MLP_GIT_PASSWORD": credentials.password,
    }


def _git(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    done = _run(arguments, folder, environment)
    if done.returncode != 0:
        raise _failed(next(word for word in arguments if not word.startswith("-")), done.stderr)
    return done.stdout


def _run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise Problem("git isn't installed on this machine", "install the package `git`") from error
    except subprocess.TimeoutExpired as error:
        raise Problem(f"git doesn't end in {SECONDS} s", "see `mlp status`: does the git server answer?") from error


def _remote(stderr: str) -> list[str]:
    """What the server said, without the padding that git adds."""
    lines = [line.removeprefix("remote:") for line in stderr.splitlines() if line.startswith("remote:")]
    return [line.removeprefix(" ").rstrip() for line in lines if line.strip()]


def _failed(what: str, stderr: str) -> Problem:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    told = "\n".join([f"git {what} failed", *(f"  {line}" for line in lines[-6:])])
    if "Authentication failed" in stderr or "could not read Username" in stderr:
        return Problem("the git server doesn't take the team's password", "bring the team up again: `mlp team add`")
    if "Failed to connect" in stderr or "Could not resolve" in stderr or "returned error: 50" in stderr:
        return Problem(told, "see `mlp status`: does the git server answer?")
    if "not found" in stderr:
        return Problem(told, "the team has no repository: bring it up again with `mlp team add`")
    return Problem(told, "see what git says")
