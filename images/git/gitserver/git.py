"""How git is run: its settings, its limits, and an environment without anything of ours in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from . import limits
from .limits import Limits

PACKAGE = __package__ or ""
ROOT = Path(__file__).resolve().parents[PACKAGE.count(".") + 1]
# Names that mean something else on some machine. By themselves these are warnings.
REFUSED = ("hasDot", "hasDotdot", "hasDotgit", "emptyName", "fullPathname", "nullSha1")


def settings(bounds: Limits) -> dict[str, str]:
    """git's configuration, the same for every repository."""
    return {
        "core.hooksPath": str(Path(__file__).resolve().parent / "hooks"),
        "core.fsync": "all",
        "core.bigFileThreshold": "16m",
        "core.deltaBaseCacheLimit": "16m",
        "core.packedGitLimit": "128m",
        "core.packedGitWindowSize": "16m",
        "pack.threads": "1",
        "pack.windowMemory": "32m",
        "pack.deltaCacheSize": "16m",
        "gc.autoPackLimit": "50",
        "gc.autoDetach": "false",
        # The server does it: nothing else writes meanwhile.
        "receive.autogc": "false",
        "receive.maxInputSize": str(bounds.push),
        # One pack a push, and so one fsync.
        "receive.unpackLimit": "1",
        "receive.fsckObjects": "true",
        **{f"receive.fsck.{name}": "error" for name in REFUSED},
        "http.receivepack": "true",
        "http.getanyfile": "false",
        "init.defaultBranch": "main",
    }


def environment(bounds: Limits, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """All that git, and the hook below it, get to see."""
    found = settings(bounds)
    names = {f"GIT_CONFIG_KEY_{n}": key for n, key in enumerate(found)}
    values = {f"GIT_CONFIG_VALUE_{n}": value for n, value in enumerate(found.values())}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_COUNT": str(len(found)),
        **names,
        **values,
        "HOOK_PYTHON": sys.executable,
        "HOOK_MODULE": f"{PACKAGE}.pre_receive",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        **bounds.environment(),
        **(more or {}),
    }


def limited(*arguments: str) -> list[str]:
    """A git command that can't take more memory than it is given."""
    return ["prlimit", f"--as={limits.PROCESS_BYTES}", "git", *arguments]


def run(
    repository: Path, *arguments: str, bounds: Limits, given: bytes = b"", more: Mapping[str, str] | None = None
) -> str:
    """What git says.

    Raises:
        subprocess.CalledProcessError: git ended with an error.
    """
    command = limited("--git-dir", str(repository), *arguments)
    ended = subprocess.run(
        command,
        input=given,
        env=environment(bounds, more),
        capture_output=True,
        timeout=limits.TIDY_SECONDS,
        check=True,
    )
    return ended.stdout.decode().strip()


def tidy(repository: Path, bounds: Limits) -> None:
    """Put many small packs into one, if there are that many."""
    try:
        run(repository, "gc", "--auto", "--quiet", bounds=bounds)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        # Not needed for anything now: the next push tries again.
        print(f"gc of {repository.name}: {type(error).__name__}", file=sys.stderr, flush=True)


def head(repository: Path, bounds: Limits) -> str:
    """The newest commit of main."""
    return run(repository, "rev-parse", "--verify", "refs/heads/main^{commit}", bounds=bounds)


def make(repository: Path, bounds: Limits, readme: str) -> None:
    """A bare repository with one commit, in which dags/README.md says what belongs there."""
    run(repository, "init", "--bare", "--quiet", bounds=bounds)
    blob = run(repository, "hash-object", "-w", "--stdin", bounds=bounds, given=readme.encode())
    dags = run(repository, "mktree", bounds=bounds, given=f"100644 blob {blob}\tREADME.md\n".encode())
    tree = run(repository, "mktree", bounds=bounds, given=f"040000 tree {dags}\tdags\n".encode())
    who = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in {"NAME": "mlplatform", "EMAIL": "mlplatform@localhost"}.items()
    }
    commit = run(repository, "commit-tree", tree, "-m", "A place for the team's DAGs", bounds=bounds, more=who)
    run(repository, "update-ref", "refs/heads/main", commit, bounds=bounds)
    # Above those of a pushed .gitattributes: what is checked must be all that is there.
    (repository / "info").mkdir(exist_ok=True)
    (repository / "info" / "attributes").write_text("* -export-ignore -export-subst\n")
