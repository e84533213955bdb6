"""The embedded platform as it was when `mlp backup` wrote a file."""

from __future__ import annotations

import shutil
from pathlib import Path

from local import node, paths
from local.problem import Problem
from mlp import archive, backup, console


def run(file: Path, replace: bool, yes: bool, dry_run: bool = False) -> None:
    """Put a backup back, where no platform is or instead of it. Nothing is touched before the file is seen to be whole.

    Args:
        file: Of `mlp backup`.
        replace: Also where a platform is, whose data is lost.
        yes: Don't ask.
        dry_run: Only look whether the file is whole, beside whatever runs.

    Raises:
        Problem: The file is no backup or not whole, a platform runs or is there, or there is no room.
    """
    backup.require_embedded()
    about = archive.read_about(file)
    if dry_run:
        archive.require_whole(file)
        print(f"{file} is whole: {console.size(about.size)} of {about.made}\nnothing was changed")
        return
    if node.state().status != "stopped":
        raise Problem("the platform runs", "stop it: `mlp down`")
    old = backup.there()
    if old and not replace:
        raise Problem(
            f"{paths.home()} has data of a platform, which would be lost",
            "keep them by `mlp backup`, then add --replace; or remove them: `mlp purge`",
        )
    backup.require_space(paths.home(), about.size - backup.size(old))
    archive.require_whole(file)
    lost = f"; what is in {paths.home()} is lost" if old else ""
    console.ask(f"Put back the platform of {about.made}{lost}?", yes)
    _put_back(file)
    console.say("it is back; `mlp up` brings it up")


def require_none_half_done() -> None:
    """Refuse to work with what an interrupted restore has left.

    Raises:
        Problem: There was one; says how to end it.
    """
    if (marker := _marker()).exists():
        file = marker.read_text().strip()
        raise Problem(f"the restore of {file} was interrupted: data is missing", f"mlp restore {file} --replace")


def _put_back(file: Path) -> None:
    marker, home = _marker(), paths.home()
    marker.write_text(f"{file.absolute()}\n")
    for path in (home / part for part in archive.PARTS):
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
    (home / "node").mkdir(exist_ok=True)
    console.say("  unpacking it")
    archive.unpack(file, home)
    marker.unlink()


def _marker() -> Path:
    """Is there while a backup is being put back."""
    return paths.home() / "restoring"
