"""All that a team's Airflow shows to whoever may sign in: settings, runs, rendered fields, logs, events, sources."""

from __future__ import annotations

from mlp.airflow import Airflow, Refused, path
from tests.support.teams import Team

PAGES = ("/config", "/connections", "/variables", "/dags", "/eventLogs", "/importErrors", "/plugins", "/pools", "/jobs")
NOT_SHOWN = (403, 404)
LATEST = 20


def texts(team: Team) -> dict[str, bytes]:
    """What each address answers, without those that show nothing."""
    airflow = team.pipelines.airflow
    wanted = [*PAGES, *(f"/dagSources/{dag['dag_id']}" for dag in airflow.pages("/dags", "dags"))]
    runs = airflow.get("/dags/~/dagRuns", limit=LATEST, order_by="-start_date")["dag_runs"]
    for run in runs:
        dag, name = run["dag_id"], run["dag_run_id"]
        at = path("dags", dag, "dagRuns", name)
        wanted += [at, f"{at}/taskInstances", f"{at}/taskInstances/~/xcomEntries"]
        for task in airflow.get(f"{at}/taskInstances")["task_instances"]:
            logs = path("taskInstances", task["task_id"], "logs")
            wanted += [f"{at}{logs}/{attempt}" for attempt in range(1, task["try_number"] + 1)]
    shown = {address: _text(airflow, address) for address in wanted}
    return {address: text for address, text in shown.items() if text}


def _text(airflow: Airflow, address: str) -> bytes:
    try:
        return str(airflow.get(address)).encode()
    except Refused as refused:
        if refused.status not in NOT_SHOWN:
            raise
        return b""
