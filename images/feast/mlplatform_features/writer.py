"""The online store as Feast's materialisation sees it: a team's feature server, which alone reaches the database.

`online_store: {type: mlplatform_features.writer.ServerOnlineStore, path: http://features.team-search}`. Feast's own
`remote` one would have the server materialise, which would need all of Feast for that.
"""

from __future__ import annotations

import base64
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from feast.infra.key_encoding_utils import serialize_entity_key
from feast.infra.online_stores.online_store import OnlineStore
from feast.repo_config import FeastConfigBaseModel

from .problem import Problem
from .values import KEY_VERSION

ROWS = 2000
"""So many in a request."""
TRIES = 5
SECONDS = 60


class ServerOnlineStoreConfig(FeastConfigBaseModel):  # type: ignore[misc]  # Feast is in the image alone
    """What is configured of it."""

    type: Literal["mlplatform_features.writer.ServerOnlineStore"] = "mlplatform_features.writer.ServerOnlineStore"
    path: str


class ServerOnlineStore(OnlineStore):  # type: ignore[misc]  # the same
    """Writes by the feature server."""

    def online_write_batch(
        self, config: Any, table: Any, data: Sequence[Any], progress: Callable[[int], Any] | None
    ) -> None:
        """Send rows: what is newer there stays."""
        for start in range(0, len(data), ROWS):
            part = data[start : start + ROWS]
            rows = [
                [
                    _text(serialize_entity_key(key, KEY_VERSION)),
                    {name: _text(value.SerializeToString()) for name, value in values.items()},
                    _seconds(when),
                ]
                for key, values, when, _ in part
            ]
            _post(f"{config.online_store.path}/write", {"view": table.name, "rows": rows})
            if progress:
                progress(len(part))

    def online_read(self, config: Any, table: Any, entity_keys: Any, requested_features: Any = None) -> Any:
        """Read by the server's protocol instead."""
        raise Problem("what puts values online doesn't read them", "ask the feature server")

    def update(self, config: Any, *_: Any, **__: Any) -> None:
        """The server makes what it needs."""

    def teardown(self, config: Any, *_: Any, **__: Any) -> None:
        """What is online stays until the team goes."""


def _text(body: bytes) -> str:
    return base64.b64encode(body).decode()


def _seconds(when: datetime) -> float:
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _post(url: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310 - the address is the team's own
        url,
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {os.environ['FEATURES_KEY']}", "Content-Type": "application/json"},
    )
    for left in range(TRIES - 1, -1, -1):
        try:
            with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310 - the same
                return
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:300]
            if error.code < 500 or not left:
                raise Problem(f"the feature server refused rows: {error.code} {said}") from None
        except OSError as error:
            if not left:
                raise Problem(f"the feature server doesn't answer: {error}") from None
        # It is being restarted, or its database is.
        time.sleep(2.0 * (TRIES - left))
