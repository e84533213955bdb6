"""git's hook before it takes a push: reads `<old> <new> <ref>` lines, says what is wrong, ends with 1 to refuse it.

What it prints, the pusher reads. The new objects are still in quarantine: refused, they are gone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from . import limits, tree
from .access import Check
from .check import Answer, NoAnswer, ask
from .limits import MIB

MAIN = "refs/heads/main"
KINDS = ("refs/heads/", "refs/tags/")
MOST_LINES = 200


class Refused(Exception):  # noqa: N818 - an outcome, not a bug
    """The push isn't taken."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))


def git(*arguments: str, given: bytes | None = None) -> bytes:
    """What git says, in the repository and quarantine that the hook was started in."""
    return subprocess.run(["git", *arguments], input=given, capture_output=True, check=True).stdout


def nothing(commit: str) -> bool:
    """Whether it is the object name that stands for none."""
    return not commit.strip("0")


def targets(links: Iterable[tree.Entry]) -> dict[str, str]:
    """Where links lead, by their objects' names."""
    found: dict[str, str] = {}
    for link in links:
        if link.mode == tree.LINK and link.size <= tree.LONGEST_LINK and link.object not in found:
            if len(found) == limits.LINKS:
                raise Refused(f"more than {limits.LINKS} symbolic links")
            found[link.object] = git("cat-file", "blob", link.object).decode(errors="surrogateescape")
    return found


def check_tree(new: str, most: int) -> None:
    """Refuse a tree that holds what it may not."""
    try:
        git("rev-parse", "--verify", "--quiet", f"{new}^{{commit}}")
    except subprocess.CalledProcessError:
        raise Refused("only commits, and tags of commits, are taken") from None
    found = tree.entries(git("ls-tree", "-r", "-l", "-z", "--full-tree", new))
    leads = targets(found)
    if said := tree.faults(found, most, lambda link: leads[link.object]):
        raise Refused(*said)


def check_main(old: str, new: str) -> None:
    """Refuse what would take away from main."""
    if nothing(new):
        raise Refused("main can't be deleted: Airflow runs what is on it")
    if not nothing(old):
        ancestor = subprocess.run(["git", "merge-base", "--is-ancestor", old, new], capture_output=True, check=False)
        if ancestor.returncode:
            raise Refused(
                "main only goes forward: runs of its earlier versions need them", "fix: `git pull --rebase`, push again"
            )


def check_size(repository: Path, most: int) -> None:
    """Refuse what the repository has no room for. The quarantine is in it."""
    size = sum(path.stat().st_size for path in (repository / "objects").rglob("*") if path.is_file())
    if size > most:
        raise Refused(f"the repository would hold {size // MIB} MiB: at most {most // MIB} MiB")


def check_dags(new: str, check: Check | None) -> Answer | None:
    """Refuse DAGs that Airflow can't import; what it found otherwise."""
    if not git("ls-tree", "--full-tree", "-d", "-z", new, "dags"):
        raise Refused("there is no folder dags/", "fix: keep one, if only with a README.md")
    if check is None:
        return None
    with tempfile.TemporaryFile() as archive:
        subprocess.run(["git", "archive", "--format=tar", new, "dags"], stdout=archive, check=True)
        size = archive.tell()
        archive.seek(0)
        print("checking the DAGs ...", flush=True)
        try:
            answer = ask(check, archive, size, limits.CHECK_SECONDS)
        except NoAnswer as why:
            raise Refused(
                f"Airflow didn't say whether the DAGs are right: {why}", "fix: push again when it runs"
            ) from None
    if answer.errors:
        count = f"{len(answer.errors)} file{'s' if len(answer.errors) > 1 else ''}"
        raise Refused(f"Airflow can't import {count}", *(said(file, error) for file, error in answer.errors))
    return answer


def said(file: str, error: str) -> str:
    """An error below its file."""
    return "\n".join([f"{file}:", *(f"    {line}" for line in error.strip().splitlines())])


def clean(text: str) -> str:
    """Without what a terminal would obey."""
    return "".join(letter if letter == "\n" or letter.isprintable() else " " for letter in text)


def examine(lines: Iterable[str], bounds: limits.Limits, check: Check | None) -> str:
    """All of a push; what to say when it is right.

    Raises:
        Refused: It isn't.
    """
    message = ""
    check_size(Path(os.environ["GIT_DIR"]), bounds.repository)
    for line in lines:
        old, new, ref = line.split(maxsplit=2)
        if not ref.startswith(KINDS):
            raise Refused(f"{ref}: only branches and tags are taken")
        if ref == MAIN:
            check_main(old, new)
        if nothing(new):
            continue
        check_tree(new, bounds.push)
        if ref == MAIN and (answer := check_dags(new, check)):
            message = f"DAGs: {', '.join(answer.dags) or 'none'}"
    return message


def main() -> None:
    """Read the push from standard input, the rest from the environment."""
    url, key = os.environ.get("CHECK_URL"), os.environ.get("CHECK_KEY")
    try:
        message = examine(sys.stdin.read().splitlines(), limits.current(), Check(url, key) if url and key else None)
        code = 0
    except Refused as refused:
        message, code = f"refused: {refused}", 1
    except subprocess.CalledProcessError as error:
        message, code = f"refused: git {error.cmd[1]} couldn't read what was pushed", 1
    shown = clean(message).splitlines()
    for line in shown[:MOST_LINES] + (["..."] if len(shown) > MOST_LINES else []):
        print(line, flush=True)
    # At once: a conversation that nobody waits for any more may still go on in its thread.
    os._exit(code)


if __name__ == "__main__":
    main()
