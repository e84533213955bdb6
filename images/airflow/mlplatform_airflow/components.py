"""Airflow's parts as functions to run in a forked process: what its command line does, without its start."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from . import health, watch
from .board import Board

# The tables of jobs name them so; the api-server has no job.
JOBS = {"scheduler": "SchedulerJob", "dag-processor": "DagProcessorJob", "triggerer": "TriggererJob"}
# Its log files are the api-server's too: no server for them.
COMMANDS = {
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
    health.API_SERVER: ["api-server", "--proxy-headers"],
}


# What more than one of them imports; the api-server alone has its routes.
SHARED = (
    "airflow.api_fastapi.app",
    "airflow.api_fastapi.execution_api.app",
    "airflow.cli.commands.api_server_command",
    "airflow.cli.commands.dag_processor_command",
    "airflow.cli.commands.scheduler_command",
    "airflow.cli.commands.triggerer_command",
    "airflow.dag_processing.bundles.manager",
    "airflow.dag_processing.dagbag",
    "airflow.dag_processing.processor",
    "airflow.executors.executor_loader",
    "airflow.providers.cncf.kubernetes.executors.kubernetes_executor",
    "airflow.providers.cncf.kubernetes.executors.kubernetes_executor_utils",
    "airflow.providers.fab.auth_manager.fab_auth_manager",
    "airflow.providers_manager",
    "airflow.sdk.execution_time.task_runner",
    "mlplatform_airflow.bundle",
)


def preload() -> None:
    """Import once what more than one of them needs."""
    for name in SHARED:
        importlib.import_module(name)


def programs(board: Board, environment: Mapping[str, str]) -> dict[str, Callable[[], None]]:
    """Component -> what its process runs, in the order in which they start: the slowest first."""
    port = environment.get("AIRFLOW__API__PORT", "8080")
    made: dict[str, Callable[[], None]] = {
        name: partial(command, name) for name in (health.API_SERVER, "scheduler", "dag-processor", "triggerer")
    }
    made[watch.WATCH] = partial(watch.run, board, f"http://127.0.0.1:{port}", environment.get("CHECK_KEY", ""))
    return made


def command(name: str) -> None:
    """Run one of Airflow's commands in this process."""
    from airflow.cli import cli_parser

    if name in JOBS:
        bury(JOBS[name])
    if name == "scheduler":
        end_children_when_asked()
    if name == health.API_SERVER:
        os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    arguments = cli_parser.get_parser().parse_args(COMMANDS[name])
    arguments.func(arguments)


def end_children_when_asked() -> None:
    """What this process forks from now on ends by SIGTERM.

    The executor's watcher of pods would inherit the scheduler's own handler, which does nothing in a child: at each end
    Airflow waits 20 s for it before it kills it.
    """
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))


def bury(job_type: str) -> None:
    """Say of jobs before this one that they ended: what a dead one had is taken over at once. There is one of each."""
    from airflow.jobs.job import Job
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with create_session() as session:
        session.execute(
            update(Job)
            .where(Job.job_type == job_type, Job.state == "running")
            .values(state="failed", end_date=datetime.now(UTC))
        )
