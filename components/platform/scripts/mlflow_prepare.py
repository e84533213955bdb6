"""Bring MLflow's tables up to its version and the admin's password up to the Secret. Runs in the server's pod, first.

MLflow itself makes tables only in an empty database, and sets the admin's password only when it makes the admin.

Environment: MLFLOW_BACKEND_STORE_URI, PGPASSWORD, MLFLOW_AUTH_CONFIG_PATH, MLFLOW_AUTH_ADMIN_PASSWORD.
"""

from __future__ import annotations

import os
import sys
import time

import sqlalchemy
from mlflow.server.auth.config import read_auth_config
from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore
from mlflow.store.db import utils

SECONDS = 60
# Servers that start side by side take turns. Any number will do; it names this lock alone.
LOCK = 5000


def connect(engine: sqlalchemy.Engine) -> sqlalchemy.Connection:
    """A connection, once the database takes any; a refused password won't get better by waiting."""
    until = time.monotonic() + SECONDS
    while True:
        try:
            return engine.connect()
        except sqlalchemy.exc.OperationalError as error:
            if "authentication failed" in str(error) or time.monotonic() > until:
                raise
            time.sleep(1)


def tables(engine: sqlalchemy.Engine) -> None:
    """Runs, experiments and models: made, or brought up to this version."""
    if utils._is_empty_database(engine):
        utils._initialize_tables(engine)
    elif utils._get_schema_version(engine) != utils._get_latest_schema_revision():
        utils._upgrade_db(engine)


def admin(uri: str, name: str, password: str) -> None:
    """Users: the admin with the password of the Secret, whatever it was before."""
    store = SqlAlchemyStore()
    store.init_db(uri)
    if not store.has_user(name):
        store.create_user(name, password, is_admin=True)
        print(f"user {name} made")
    elif not store.authenticate_user(name, password):
        store.update_user(name, password=password, is_admin=True)
        print(f"user {name} has a new password")


def main() -> int:
    """Prepare what the environment names."""
    auth = read_auth_config()
    engine = sqlalchemy.create_engine(os.environ["MLFLOW_BACKEND_STORE_URI"])
    try:
        with connect(engine) as connection:
            connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
            tables(engine)
            admin(auth.database_uri, auth.admin_username, auth.admin_password)
    except sqlalchemy.exc.SQLAlchemyError as error:
        # The text of the driver alone: SQLAlchemy adds the statement and its values.
        print(f"{engine.url.host}: {getattr(error, 'orig', None) or type(error).__name__}", file=sys.stderr)
        return 1
    print("tables and admin are up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
