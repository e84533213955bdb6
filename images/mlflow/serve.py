#!/opt/venv/bin/python
"""Brings MLflow's database to this version, sets the administrator's password to what the Secret holds, and serves.

Everything comes by environment; the database's password by PGPASSWORD: no secret is in an address or an argument.
"""

import configparser
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import mlflow.server
import sqlalchemy
from mlflow.cli import cli
from mlflow.store.db.utils import _safe_initialize_tables, _upgrade_db, create_sqlalchemy_engine

REQUIRED = (
    "MLFLOW_BACKEND_STORE_URI",
    "MLFLOW_ARTIFACTS_DESTINATION",
    "MLFLOW_SERVER_ALLOWED_HOSTS",
    "MLFLOW_AUTH_ADMIN_USERNAME",
    "MLFLOW_AUTH_ADMIN_PASSWORD",
    "MLFLOW_FLASK_SERVER_SECRET_KEY",
)
# Any number, the same in every replica: who holds it may change the schema.
LOCK = 0x6D6C666C
PATIENCE = 120
METERED = "/opt/mlplatform"


def write_auth_config(path: Path, database: str) -> None:
    """MLflow's own settings of basic auth: nobody may do anything that a role doesn't give. No secret is in it."""
    config = configparser.ConfigParser(interpolation=None)
    config["mlflow"] = {
        "default_permission": "NO_PERMISSIONS",
        "database_uri": database,
        "authorization_function": "mlflow.server.auth:authenticate_request_basic_auth",
        "grant_default_workspace_access": "false",
        # Password hashes are slow on purpose; a changed password of another replica counts after this.
        "auth_cache_ttl_seconds": "30",
    }
    with path.open("w") as file:
        config.write(file)


def connected(uri: str) -> sqlalchemy.Engine:
    """The database, waited for: it may start at the same time as this."""
    engine: sqlalchemy.Engine = create_sqlalchemy_engine(uri)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with engine.connect():
                return engine
        except sqlalchemy.exc.OperationalError as error:
            if time.monotonic() > end:
                sys.exit(f"serve: no database at {engine.url.render_as_string()} after {PATIENCE} s: {error.orig}")
            time.sleep(1)


@contextmanager
def alone(engine: sqlalchemy.Engine) -> Iterator[None]:
    """Let one replica at a time change the schema."""
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        yield  # the lock ends with the connection, even if this process is killed
        connection.execute(sqlalchemy.text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})


def set_administrator(database: str, name: str, password: str) -> None:
    """MLflow itself reads the password once, when it makes the account; here a new one is taken at every start."""
    # Its package reads the settings when it is imported, so not before they are written.
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore()
    store.init_db(database)
    if not store.has_user(name):
        store.create_user(name, password, is_admin=True)
    elif not store.authenticate_user(name, password):
        store.update_user(name, password=password, is_admin=True)


def become(command: Sequence[str], *, extra_env: Mapping[str, str], **_: object) -> NoReturn:
    """In place of starting the server below itself: `mlflow server` would only wait, with 270 MB of imports.

    The factory that it names last is served through `metered`, which counts.
    """
    *rest, factory = command
    env = {**os.environ, **extra_env, "METERED_FACTORY": factory, "PYTHONPATH": METERED}
    os.execvpe(rest[0], [*rest, "metered:create"], env)  # noqa: S606 - no shell is wanted


def main() -> None:
    """Prepare, then become `mlflow server`."""
    if missing := [name for name in REQUIRED if not os.environ.get(name)]:
        sys.exit(f"serve: {', '.join(missing)} not set")
    os.umask(0o077)
    uri = os.environ["MLFLOW_BACKEND_STORE_URI"]
    write_auth_config(Path(os.environ["MLFLOW_AUTH_CONFIG_PATH"]), uri)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    engine = connected(uri)
    with alone(engine):
        _safe_initialize_tables(engine)
        _upgrade_db(engine)
        set_administrator(uri, os.environ["MLFLOW_AUTH_ADMIN_USERNAME"], os.environ["MLFLOW_AUTH_ADMIN_PASSWORD"])
    engine.dispose()
    mlflow.server._exec_cmd = become
    cli(["server", "--app-name", "basic-auth"])


main()
