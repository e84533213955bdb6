"""Kubernetes' client without the 800 classes that nobody here uses: 60 MB less.

Its packages import every class of the API in their `__init__`. Here the same packages import one when it is asked for.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

CLIENT = "kubernetes_asyncio"
PACKAGES = ("client", "client.api", "client.models")
IMPORTED = re.compile(r"^from (kubernetes_asyncio\S+) import (\w+)$", re.MULTILINE)


class Lean(ModuleType):
    """A package whose names are imported when they are asked for."""

    def __init__(self, name: str, folder: Path, where: Mapping[str, str]) -> None:
        super().__init__(name)
        self.__path__ = [str(folder)]
        self.__spec__ = importlib.util.spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        self.__file__ = str(folder / "__init__.py")
        self._where = where

    def __getattr__(self, name: str) -> Any:
        """Import it, once."""
        where = self.__dict__.get("_where", {})
        if name not in where:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(where[name]), name)
        setattr(self, name, found)
        return found


def lighten() -> None:
    """Before anything imports the client."""
    found = importlib.util.find_spec(CLIENT)
    if found is None or not found.submodule_search_locations:
        raise ImportError(f"{CLIENT} isn't there")
    root = Path(found.submodule_search_locations[0])
    for part in PACKAGES:
        folder = root.joinpath(*part.split("."))
        where = {name: module for module, name in IMPORTED.findall((folder / "__init__.py").read_text("utf-8"))}
        name = f"{CLIENT}.{part}"
        module = Lean(name, folder, where)
        sys.modules[name] = module
        parent = sys.modules.get(name.rpartition(".")[0])
        if parent is not None:
            setattr(parent, part.rpartition(".")[2], module)
