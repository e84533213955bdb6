"""Answers of an HTTP/1.1 server, cut out of the bytes of a connection that is kept alive."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = b"HTTP/1.1 "
END_OF_HEAD = b"\r\n\r\n"


class MalformedError(Exception):
    """What came isn't an answer."""


@dataclass(frozen=True)
class Answer:
    """One whole answer."""

    status: int
    body: bytes
    size: int
    """Bytes that it took on the connection."""
    keep: bool
    """Whether the connection may be used again."""


def cut(data: bytes | bytearray, ended: bool = False) -> Answer | None:
    """The answer that some bytes begin with; None while it isn't whole.

    Args:
        ended: Whether the connection has been closed: then an answer without a length is whole.

    Raises:
        MalformedError: They begin with something else.
    """
    if not data.startswith(VERSION[: len(data)]):
        raise MalformedError(f"not an answer: {bytes(data[:80])!r}")
    end = data.find(END_OF_HEAD)
    if end < 0:
        return None
    head = bytes(data[:end])
    try:
        status = int(head[9:12])
    except ValueError:
        raise MalformedError(f"not a status: {head[:80]!r}") from None
    lower, start = head.lower(), end + len(END_OF_HEAD)
    keep = b"\r\nconnection: close" not in lower
    if 100 <= status < 200 or status in (204, 304):
        return Answer(status, b"", start, keep)
    if b"\r\ntransfer-encoding: chunked" in lower:
        return _chunked(data, status, start, keep)
    place = lower.find(b"\r\ncontent-length:")
    if place < 0 and keep:
        raise MalformedError(f"an answer {status} without a length")
    if place < 0:
        return Answer(status, bytes(data[start:]), len(data), keep) if ended else None
    size = int(lower[place + 17 :].split(b"\r\n", 1)[0])
    if len(data) < start + size:
        return None
    return Answer(status, bytes(data[start : start + size]), start + size, keep)


def _chunked(data: bytes | bytearray, status: int, start: int, keep: bool) -> Answer | None:
    parts = []
    while (line := data.find(b"\r\n", start)) >= 0:
        size = int(bytes(data[start:line]).split(b";")[0], 16)
        start = line + 2
        if len(data) < start + size + 2:
            return None
        if size == 0:
            # Trailers aren't sent by anything here.
            return Answer(status, b"".join(parts), start + 2, keep)
        parts.append(bytes(data[start : start + size]))
        start += size + 2
    return None
