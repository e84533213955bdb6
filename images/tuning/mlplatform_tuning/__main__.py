"""`python -m mlplatform_tuning work | dashboard`.

work: SWEEP (settings.py), STORAGE_URL, MLflow's own variables, PROJECT (an archive, or nothing).
dashboard: STORAGE_URL, DASHBOARD_USER, DASHBOARD_PASSWORD.
Exit codes: 0 the sweep has all its trials; 3 it can't (its objective fails): nobody should try again; 1 anything else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from .problem import Problem

GIVEN_UP = 3
STOPPED = 143


def main(arguments: Sequence[str]) -> int:
    """Run one of the two; its exit code."""
    acts = {"work": work, "dashboard": dashboard}
    if len(arguments) != 1 or arguments[0] not in acts:
        print(f"usage: python -m mlplatform_tuning {' | '.join(acts)}", file=sys.stderr)
        return 2
    try:
        return acts[arguments[0]](os.environ)
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1


def work(environment: Mapping[str, str]) -> int:
    """Run trials until the sweep has all of them."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    from . import work as worker
    from .runner import GivenUp, Stopped

    try:
        ended = worker.run(environment)
    except GivenUp as problem:
        print(f"error: {problem}", file=sys.stderr)
        return GIVEN_UP
    except (SQLAlchemyError, StorageInternalError) as error:
        print(f"error: the database failed: {type(error).__name__}; the Job starts another worker", file=sys.stderr)
        return 1
    except Stopped:
        print("stopped; the trial that ran here is for another worker", file=sys.stderr)
        return STOPPED
    found = ended.standing
    print(f"sweep {ended.name}: {found.complete} complete, {found.pruned} pruned, {found.failed} failed", flush=True)
    return 0


def dashboard(environment: Mapping[str, str]) -> int:
    """Serve what there is, for reading."""
    from . import dashboard as server
    from .settings import needed

    server.serve(
        needed(environment, "STORAGE_URL"),
        needed(environment, "DASHBOARD_USER"),
        needed(environment, "DASHBOARD_PASSWORD"),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
