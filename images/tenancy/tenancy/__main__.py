"""`python -m tenancy database | monitor | object-store | tracking | controller`: one tool's part, or the controller.

All but the last run in Jobs, any number of times. Environment:

- database: PGHOST, PGPORT, PGSSLMODE, PGUSER and PGPASSWORD of the server's admin, ROLE (name of role and database),
  ROLE_PASSWORD.
- monitor: the same for a role that has no database, and reads the server's statistics.
- object-store: ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the root account, BUCKET (name of
  it and of the account), ACCOUNT_SECRET_KEY.
- tracking: MLFLOW_TRACKING_URI, ADMIN_USERNAME, ADMIN_PASSWORD, WORKSPACE (name of workspace and user), USER_PASSWORD.
- controller: see `settings`.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from .errors import ToolError, patiently

if TYPE_CHECKING:
    from .database import Server

SECONDS = 60
"""How long a Job waits for a tool that is on its way up."""


def database() -> None:
    """A role and a database that it owns."""
    _server().give(os.environ["ROLE"], os.environ["ROLE_PASSWORD"])


def monitor() -> None:
    """A role that watches the server."""
    _server().give_monitor(os.environ["ROLE"], os.environ["ROLE_PASSWORD"])


def _server() -> Server:
    from .database import Server

    env = os.environ
    tls = env["PGSSLMODE"] != "disable"
    return Server(env["PGHOST"], int(env["PGPORT"]), tls, env["PGUSER"], env["PGPASSWORD"])


def object_store() -> None:
    """A bucket and an account that owns it."""
    from .object_store import Gateway

    env = os.environ
    gateway = Gateway(env["ENDPOINT"], env["AWS_REGION"], env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])
    gateway.give(env["BUCKET"], env["ACCOUNT_SECRET_KEY"])


def tracking() -> None:
    """A workspace and a user who may use it alone."""
    from .tracking import Mlflow

    env = os.environ
    server = Mlflow(env["MLFLOW_TRACKING_URI"], env["ADMIN_USERNAME"], env["ADMIN_PASSWORD"])
    server.give(env["WORKSPACE"], env["USER_PASSWORD"])


JOBS: dict[str, Callable[[], None]] = {
    "database": database,
    "monitor": monitor,
    "object-store": object_store,
    "tracking": tracking,
}


def main(arguments: list[str]) -> int:
    """Do what the one argument names; what a tool says no to is one line on standard error."""
    if arguments == ["controller"]:
        from .controller import run

        run()
        return 0
    if len(arguments) != 1 or arguments[0] not in JOBS:
        print(f"usage: python -m tenancy {' | '.join(JOBS)} | controller", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        patiently(SECONDS, JOBS[arguments[0]])
    except ToolError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{arguments[0]}: done")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
