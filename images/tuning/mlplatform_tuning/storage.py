"""Where trials are kept: the team's own database, in a schema that the first worker makes."""

from __future__ import annotations

import fcntl
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import sqlalchemy
from optuna.storages import RDBStorage

from .problem import Problem

SCHEMA = "tuning"
POOL = {"pool_size": 2, "max_overflow": 2}
_PREPARING = "mlplatform-tuning"

warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
# It says that a heartbeat belongs to `Study.optimize`; ours is sent by `heartbeat.Heartbeat`.
warnings.filterwarnings("ignore", message="Heartbeat of storage")


class Storage:
    """Optuna's, with a lock that a process loses when it dies."""

    def __init__(self, url: str, heartbeat_seconds: int, grace_seconds: int) -> None:
        self.url = sqlalchemy.engine.make_url(url)
        self.postgres = self.url.get_backend_name() == "postgresql"
        self._engine = sqlalchemy.create_engine(
            _in_schema(self.url), pool_pre_ping=True, **(POOL if self.postgres else {})
        )
        with explained(self.url), self.lock(_PREPARING):
            if self.postgres:
                with self._engine.begin() as connection:
                    connection.execute(sqlalchemy.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            self.optuna = RDBStorage(
                _in_schema(self.url).render_as_string(hide_password=False),
                engine_kwargs={"pool_pre_ping": True, **(POOL if self.postgres else {"connect_args": {"timeout": 60}})},
                heartbeat_interval=heartbeat_seconds,
                grace_period=grace_seconds,
            )

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """One process at a time has the lock of a name. The server, or the kernel, frees that of a dead one."""
        if not self.postgres:
            with Path(f"{self.url.database}.{name}.lock").open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
            return
        # A connection of its own, in autocommit: a transaction left open would hide what others commit.
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            key = {"space": zlib.crc32(SCHEMA.encode()) - 2**31, "name": zlib.crc32(name.encode()) - 2**31}
            connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:space, :name)"), key)
            try:
                yield
            finally:
                connection.execute(sqlalchemy.text("SELECT pg_advisory_unlock(:space, :name)"), key)

    def close(self) -> None:
        """Let go of its connections."""
        self._engine.dispose()
        self.optuna.engine.dispose()

    def silent(self, study: optuna.Study) -> list[int]:
        """Ids of trials that run without having said so once: whoever asked for them died before it could."""
        statement = sqlalchemy.text(
            "SELECT t.trial_id FROM trials t LEFT JOIN trial_heartbeats h ON h.trial_id = t.trial_id "
            "WHERE t.study_id = :study AND t.state = 'RUNNING' AND h.trial_id IS NULL"
        )
        with self._engine.connect() as connection:
            return [int(row[0]) for row in connection.execute(statement, {"study": study._study_id})]


def read_only(url: str) -> RDBStorage:
    """The same trials where the server itself refuses every change."""
    place = _in_schema(sqlalchemy.engine.make_url(url))
    if place.get_backend_name() == "postgresql":
        place = place.update_query_dict({"options": f"{place.query['options']} -cdefault_transaction_read_only=on"})
    return RDBStorage(
        place.render_as_string(hide_password=False), engine_kwargs={"pool_pre_ping": True}, skip_table_creation=True
    )


def _in_schema(url: sqlalchemy.engine.URL) -> sqlalchemy.engine.URL:
    """Tables are looked for in our schema alone: that of the team's Airflow has some of the same names."""
    if url.get_backend_name() != "postgresql":
        return url
    return url.update_query_dict({"options": f"-csearch_path={SCHEMA}"})


@contextmanager
def explained(url: sqlalchemy.engine.URL) -> Iterator[None]:
    """A server that doesn't answer, in words and without its password.

    Raises:
        Problem: See above.
    """
    try:
        yield
    except sqlalchemy.exc.OperationalError as error:
        said = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
        raise Problem(f"the database {url.render_as_string(hide_password=True)} doesn't answer: {said}") from error
