"""What no retry can mend ends a task at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .contract import ContractError
from .train import TrainingError


@contextmanager
def at_once() -> Iterator[None]:
    """Fail the task without a retry, with the reason, at data or models that must not go on."""
    # Here, not above: only a worker has Airflow.
    from airflow.sdk.exceptions import AirflowFailException

    try:
        yield
    except (ContractError, TrainingError) as error:
        raise AirflowFailException(str(error)) from None
