"""What a database must be before Airflow starts: at this version, the right administrator, under the newest key."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy
from sqlalchemy.orm import Session

PATIENCE = 120.0
# Any number, the same in every pod: who holds it may change the schema.
LOCK = 0x6D6C6166
CONNECT_ARGS = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""Of every connection (`sql_alchemy_connect_args`): a server that vanished is noticed within a minute."""


def prepare(username: str, password: str, key_before: str) -> None:
    """Do all of it; what is done already costs a few queries."""
    from airflow import settings

    from . import schema

    if key_before:
        # Both are known while values are read with the old key and written with the new one.
        os.environ["AIRFLOW__CORE__FERNET_KEY"] += f",{key_before}"
    engine = settings.engine
    with _alone(engine) as connection:
        if not schema.is_current(connection):
            print("the database is new or behind this version: migrating", flush=True)
            schema.upgrade()
    with Session(engine) as session, session.begin():
        set_administrator(session, username, password)
    if key_before:
        _rotate()


def _connected(engine: sqlalchemy.Engine) -> sqlalchemy.Connection:
    """Wait for the server: it may start at the same time as this."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return engine.connect()
        except sqlalchemy.exc.OperationalError as error:
            if time.monotonic() > end:
                sys.exit(f"no database at {engine.url.render_as_string()} after {PATIENCE:.0f} s: {error.orig}")
            time.sleep(1)


@contextmanager
def _alone(engine: sqlalchemy.Engine) -> Iterator[sqlalchemy.Connection]:
    """A connection whose owner alone may change the schema; the lock ends with it, even if this process is killed."""
    with _connected(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
            # Only the lock is kept, not a transaction that a migration would wait for.
            connection.commit()
        yield connection


def set_administrator(session: Session, username: str, password: str) -> None:
    """Make the user, or give it the password and the role that it should have."""
    from airflow.providers.fab.auth_manager.models import Role, User
    from werkzeug.security import check_password_hash, generate_password_hash

    user = session.scalar(sqlalchemy.select(User).where(User.username == username))
    if user is None:
        user = User(username=username, email=f"{username}@localhost", first_name=username, last_name="", active=True)
        session.add(user)
    if not (user.password and check_password_hash(user.password, password)):
        user.password = generate_password_hash(password)
    admin = session.scalar(sqlalchemy.select(Role).where(Role.name == "Admin"))
    if admin is None:
        sys.exit("the database has no role Admin: its template wasn't made by prepare-template")
    if admin not in user.roles:
        user.roles.append(admin)
    user.active = True


def _rotate() -> None:
    from airflow.cli.commands.rotate_fernet_key_command import rotate_fernet_key

    rotate_fernet_key(argparse.Namespace())
