"""Feast's protocol without the rest of Feast.

`import feast` loads pandas, pyarrow, dask and FastAPI: 8 s of a processor and 180 MB for each process. Servers need its
messages and its encoding of keys alone, which load nothing of that: 80 MB with all that they need besides.
"""

from __future__ import annotations

import importlib.util
import sys
import types


def feast() -> None:
    """Let `feast.protos` and `feast.infra.key_encoding_utils` be imported without running `feast/__init__.py`."""
    if "feast" in sys.modules:
        return
    found = importlib.util.find_spec("feast")
    if found is None or found.submodule_search_locations is None:
        raise ModuleNotFoundError("no module named feast")
    module = types.ModuleType("feast")
    module.__path__ = list(found.submodule_search_locations)
    sys.modules["feast"] = module
