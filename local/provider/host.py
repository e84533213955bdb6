"""Messages to the engine, shown beside the resource that they belong to."""

from __future__ import annotations

import threading
from typing import Any

import grpc

from local.provider.protos import engine_pb2, engine_pb2_grpc


class Host:
    """The engine that started this provider. Without an address, messages go nowhere."""

    def __init__(self, address: str = "") -> None:
        self._lock = threading.Lock()
        self._stub: Any = None
        self.connect(address)

    def connect(self, address: str) -> None:
        """Talk to the engine at this address."""
        if address:
            with self._lock:
                self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def status(self, urn: str, text: str) -> None:
        """A passing message, replaced by the next; an empty one clears it."""
        self._log(engine_pb2.INFO, urn, text, ephemeral=True)

    def info(self, urn: str, text: str) -> None:
        """A message that stays."""
        self._log(engine_pb2.INFO, urn, text)

    def warning(self, urn: str, text: str) -> None:
        """A warning that stays."""
        self._log(engine_pb2.WARNING, urn, text)

    def _log(self, severity: int, urn: str, text: str, ephemeral: bool = False) -> None:
        stub = self._stub
        if stub is None:
            return
        try:
            request = engine_pb2.LogRequest(severity=severity, urn=urn, message=text, ephemeral=ephemeral)
            stub.Log(request, timeout=5)
        except grpc.RpcError:
            # The engine may be gone (killed, or done): what it asked for matters more than what it hears.
            return
