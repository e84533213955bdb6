"""Pulumi's generated protocol classes, without importing the whole SDK.

`import pulumi` costs more than half a second and a provider starts on every `pulumi` command, so the generated
modules are loaded on their own, as a package of another name.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_PACKAGE = "local.provider._pulumi_protos"


def _load(name: str) -> ModuleType:
    if "pulumi.runtime.proto" in sys.modules:
        return importlib.import_module(f"pulumi.runtime.proto.{name}")
    if _PACKAGE not in sys.modules:
        spec = importlib.util.find_spec("pulumi")
        if spec is None or not spec.submodule_search_locations:
            raise ImportError("the Python package `pulumi` isn't installed")
        package = ModuleType(_PACKAGE)
        package.__path__ = [str(Path(spec.submodule_search_locations[0]) / "runtime" / "proto")]
        sys.modules[_PACKAGE] = package
    return importlib.import_module(f"{_PACKAGE}.{name}")


provider_pb2 = _load("provider_pb2")
provider_pb2_grpc = _load("provider_pb2_grpc")
plugin_pb2 = _load("plugin_pb2")
engine_pb2 = _load("engine_pb2")
engine_pb2_grpc = _load("engine_pb2_grpc")
status_pb2 = _load("status_pb2")
