"""HTTP as uvicorn speaks it, and no patience with heads that don't come."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .answers import Refused

LATE = Refused(408, "the request's head didn't come in time", "send it faster")
BAD = Refused(400, "this isn't HTTP", "send an HTTP/1.1 request")


def _answer(refused: Refused, reason: str) -> bytes:
    head = f"HTTP/1.1 {refused.status} {reason}\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return f"{head}content-length: {len(refused.body)}\r\n\r\n".encode() + refused.body


class Impatient(HttpToolsProtocol):
    """A head is complete a while after its first byte, or its client is sent away. Bodies: see `bodies`."""

    header_seconds = 10.0
    _head_due: asyncio.TimerHandle | None = None

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._forget()
        self._head_due = self.loop.call_later(self.header_seconds, self._late)

    def on_headers_complete(self) -> None:
        """Its head is here."""
        self._forget()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._forget()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What isn't HTTP is told so in JSON, like everything else."""
        self._forget()
        self.transport.write(_answer(BAD, "Bad Request"))
        self.transport.close()

    def _late(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(_answer(LATE, "Request Timeout"))
            self.transport.close()

    def _forget(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None


def patient_for(seconds: float) -> Any:
    """The protocol with another patience."""
    return type("Impatient", (Impatient,), {"header_seconds": seconds})
