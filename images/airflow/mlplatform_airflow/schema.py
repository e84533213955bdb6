"""Brings the database of Airflow's settings to this version: its own tables, FAB's, roles and permissions."""

from __future__ import annotations

import argparse

import sqlalchemy

from .versions import newest


def is_current(connection: sqlalchemy.Connection) -> bool:
    """Whether both are at this version, by what their migrations left."""
    from airflow.providers.fab.auth_manager.models.db import _REVISION_HEADS_MAP as FAB_HEADS
    from airflow.utils.db import _REVISION_HEADS_MAP as HEADS

    return _revision(connection, "alembic_version") == newest(HEADS) and (
        _revision(connection, "alembic_version_fab") == newest(FAB_HEADS)
    )


def _revision(connection: sqlalchemy.Connection, table: str) -> str:
    if not sqlalchemy.inspect(connection).has_table(table):
        return ""
    return str(
        connection.scalar(sqlalchemy.select(sqlalchemy.column("version_num")).select_from(sqlalchemy.table(table)))
    )


def upgrade() -> None:
    """Migrate, then write roles and permissions; fit for an empty database and for an older one."""
    from airflow.providers.fab.auth_manager.cli_commands.sync_perm_command import sync_perm
    from airflow.utils.db import upgradedb

    upgradedb()
    sync_perm(argparse.Namespace(include_dags=False))
