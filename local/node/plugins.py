"""The folder of CNI plugins that containerd uses: the machine's packages' and one of ours."""

from __future__ import annotations

import sys
from pathlib import Path

from local.node.files import write
from local.node.policing import cni

PACKAGED = Path("/usr/lib/cni")
POLICING = "mlplatform-policing"


def install(folder: Path, packaged: Path = PACKAGED) -> None:
    """Make the folder what it should be."""
    folder.mkdir(parents=True, exist_ok=True)
    for plugin in packaged.iterdir():
        link = folder / plugin.name
        if not link.is_symlink():
            link.symlink_to(plugin)
    # Without an environment of ours, which may be gone while the node runs, and in some hundredths of a second.
    write(folder / POLICING, f"#!{Path(sys.executable).resolve()} -IS\n{Path(cni.__file__).read_text()}", 0o755)
