"""Asks whoever knows, a team's Airflow, whether a push is right."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlsplit

from .access import Check

MOST = 1 << 20
"""Bytes of an answer."""
MOST_WORDS = 300
"""Bytes of what is shown of an answer that isn't 200."""


class NoAnswer(Exception):  # noqa: N818 - what happened, not a bug
    """Nobody said whether the push is right; the text says why not, without the key."""


@dataclass(frozen=True)
class Answer:
    """What Airflow makes of the DAGs."""

    dags: tuple[str, ...]
    errors: tuple[tuple[str, str], ...]
    """File and what is wrong with it."""


def ask(check: Check, archive: IO[bytes], size: int, seconds: float) -> Answer:
    """Send an archive and read the answer.

    Raises:
        NoAnswer: In this time there was none, or none that can be understood.
    """
    # A thread, since a limit of each part of a conversation is no limit of all of it. Whoever calls this ends soon.
    asking = ThreadPoolExecutor(1).submit(_ask, check, archive, size, seconds)
    try:
        status, body = asking.result(seconds)
    except TooLate:
        raise NoAnswer(f"no answer within {seconds:.0f} s") from None
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from None
    if status != 200:
        raise NoAnswer(f"it answered {status} {body[:MOST_WORDS].decode(errors='replace').strip()}")
    try:
        return parsed(json.loads(body))
    except (ValueError, TypeError, KeyError):
        raise NoAnswer("its answer isn't of the form that was agreed on") from None


def _ask(check: Check, archive: IO[bytes], size: int, seconds: float) -> tuple[int, bytes]:
    address = urlsplit(check.url)
    sort = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = sort(address.hostname or "", address.port, timeout=seconds)
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    headers = {
        "Authorization": f"Bearer {check.key}",
        "Content-Type": "application/x-tar",
        "Content-Length": str(size),
    }
    connection.request("POST", path, body=archive, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read(MOST)


def parsed(found: Mapping[str, Any]) -> Answer:
    """An answer from its JSON."""
    return Answer(
        tuple(str(dag) for dag in found["dags"]),
        tuple((str(error["file"]), str(error["error"])) for error in found["errors"]),
    )
