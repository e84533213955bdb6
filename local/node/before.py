"""What the machine was like before the node was started, so that `down` can put it back."""

from __future__ import annotations

from local.node import network, sysctls
from local.node.config import NodeConfig
from local.node.files import read_json, write_json
from local.node.layout import Layout


def note(layout: Layout) -> None:
    """Keep the kernel's settings, unless those before an earlier, unfinished run are kept already."""
    if read_json(layout.before) is None:
        write_json(layout.before, {"sysctls": sysctls.read()})


def restore(layout: Layout, config: NodeConfig) -> None:
    """Take away link and rules, put the kernel settings back, and forget how it was."""
    kept = read_json(layout.before) or {"sysctls": {}}
    network.down(config)
    sysctls.write(kept["sysctls"])
    layout.before.unlink(missing_ok=True)
