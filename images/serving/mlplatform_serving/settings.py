"""What a model pod is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PACKED = Path("/opt/model")
PORT = 3000
MIB = 2**20


class SettingsError(Exception):
    """A variable isn't what it should be; the text names it."""


@dataclass(frozen=True)
class Settings:
    """All of it, with what holds where nothing is said."""

    service: str = "model"
    """MODEL_SERVICE: what the team calls it."""
    team: str = ""
    """TEAM: whose it is."""
    port: int = PORT
    """MODEL_PORT."""
    packed: Path = PACKED
    """MODEL_FOLDER: what was packed."""
    max_batch_size: int = 64
    """MAX_BATCH_SIZE: the most rows that the model is given at once."""
    max_batch_latency_ms: int = 0
    """MAX_BATCH_LATENCY_MS: what a request may wait for others; 0 means that each is answered for itself."""
    max_body_bytes: int = 4 * MIB
    """MAX_BODY_BYTES: larger requests are refused unread."""
    body_seconds: float = 20.0
    """BODY_SECONDS: in which a request's body has to be here."""
    header_seconds: float = 10.0
    """HEADER_SECONDS: the same of a request's head."""
    log_days: int = 30
    """PREDICTION_LOG_DAYS: older predictions are removed."""
    database_url: str = field(default="", repr=False)
    """DATABASE_URL: of the log of predictions; none, no log."""

    @property
    def batches(self) -> bool:
        """Whether requests are answered together."""
        return self.max_batch_latency_ms > 0 and self.max_batch_size > 1


def read(environment: Mapping[str, str]) -> Settings:
    """From variables.

    Raises:
        SettingsError: One isn't a number.
    """
    default = Settings()
    return Settings(
        service=environment.get("MODEL_SERVICE") or default.service,
        team=environment.get("TEAM", default.team),
        port=_whole(environment, "MODEL_PORT", default.port),
        packed=Path(environment.get("MODEL_FOLDER") or default.packed),
        max_batch_size=max(1, _whole(environment, "MAX_BATCH_SIZE", default.max_batch_size)),
        max_batch_latency_ms=_whole(environment, "MAX_BATCH_LATENCY_MS", default.max_batch_latency_ms),
        max_body_bytes=_whole(environment, "MAX_BODY_BYTES", default.max_body_bytes),
        body_seconds=_whole(environment, "BODY_SECONDS", int(default.body_seconds)),
        header_seconds=_whole(environment, "HEADER_SECONDS", int(default.header_seconds)),
        log_days=_whole(environment, "PREDICTION_LOG_DAYS", default.log_days),
        database_url=environment.get("DATABASE_URL", default.database_url),
    )


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise SettingsError(f"{name} is {text!r}: give a whole number from 0 on")
    return int(text)
