"""Says that a trial still runs. Optuna's own thread ends at the first answer that doesn't come; this one goes on."""

from __future__ import annotations

import threading
from types import TracebackType

from optuna.storages import RDBStorage
from sqlalchemy.exc import SQLAlchemyError


class Heartbeat:
    """While its block runs, the trial's heartbeat is recorded. The first one is recorded by whoever claimed it."""

    def __init__(self, storage: RDBStorage, trial_id: int) -> None:
        self._storage, self._trial_id = storage, trial_id
        self._seconds = storage.get_heartbeat_interval() or 1
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Heartbeat:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; nothing of it goes on."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            try:
                self._storage.record_heartbeat(self._trial_id)
            except SQLAlchemyError as error:
                print(f"heartbeat: {type(error).__name__}; the next one is tried", flush=True)
