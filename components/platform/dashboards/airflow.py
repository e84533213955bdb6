"""A team's Airflow: its scheduler, its DAG runs and tasks, and how it reads DAGs."""

from __future__ import annotations

from components.platform.dashboards.model import Choice, Dashboard, Metric, Section, graph, stat, table
from components.platform.dashboards.promql import RATE, cores, grown, held, mean, or_zero, quantile
from components.platform.dashboards.variables import TEAM

ITS = 'namespace="team-$team"'
PODS = f'{ITS},pod=~"airflow-.*"'
CHOSEN = f'{ITS},dag_id=~"$dag"'
DAG = Choice("dag", "DAG", f"label_values(airflow_ti_finish{{{ITS}}}, dag_id)", all=True)

NOW = Section(
    "Now",
    (
        stat(
            "Heartbeats",
            "short",
            "Of the scheduler, a minute. Zero means that nothing is started any more.",
            Metric(f"sum(rate(airflow_scheduler_heartbeat{{{ITS}}}[{RATE}])) * 60"),
        ),
        stat(
            "DAGs",
            "short",
            "That were read from the repository the last time.",
            Metric(f"sum(airflow_dagbag_size{{{ITS}}})"),
        ),
        stat(
            "Files that don't import",
            "short",
            "DAG files with an error; Airflow's page shows it.",
            Metric(f"sum(airflow_dag_processing_import_errors{{{ITS}}})"),
            (1, "red"),
        ),
        stat(
            "DAG runs that run",
            "short",
            "As the scheduler counts them.",
            Metric(f"sum(airflow_scheduler_dagruns_running{{{ITS}}})"),
        ),
        stat(
            "Tasks that run",
            "short",
            "Each is a pod.",
            Metric(f"sum(airflow_executor_running_tasks{{{ITS}}})"),
        ),
        stat(
            "Room for tasks",
            "short",
            "How many more may run at once, by the team's parallelism.",
            Metric(f"sum(airflow_executor_open_slots{{{ITS}}})"),
        ),
    ),
)
RUNS = Section(
    "DAG runs and tasks",
    (
        graph(
            "DAG runs that succeeded",
            "short",
            "In the last ten minutes, by DAG.",
            Metric(or_zero(grown(f"airflow_dagrun_duration_success_count{{{CHOSEN}}}", "10m", "dag_id")), "{{dag_id}}"),
            stacked=True,
        ),
        graph(
            "DAG runs that failed",
            "short",
            "In the last ten minutes, by DAG.",
            Metric(or_zero(grown(f"airflow_dagrun_duration_failed_count{{{CHOSEN}}}", "10m", "dag_id")), "{{dag_id}}"),
            stacked=True,
        ),
        graph(
            "Tasks that ended",
            "short",
            "Attempts in the last ten minutes, by how they ended.",
            Metric(or_zero(grown(f"airflow_ti_finish{{{CHOSEN}}}", "10m", "state")), "{{state}}"),
            stacked=True,
        ),
        table(
            "Time of DAG runs",
            "s",
            "Mean of the runs that succeeded since Airflow's pod began.",
            Metric(mean("airflow_dagrun_duration_success", CHOSEN, "dag_id")),
            width=8,
        ),
        table(
            "Time of tasks",
            "s",
            "Mean of the attempts since Airflow's pod began, by DAG and task, without the start of their pods.",
            Metric(mean("airflow_task_duration", CHOSEN, "dag_id, task_id")),
            width=8,
        ),
        table(
            "Failed attempts",
            "short",
            "By DAG and task in what is shown, also ones that were tried again and went well.",
            Metric(
                or_zero(grown(f'airflow_ti_finish{{{CHOSEN},state="failed"}}', "$__range", "dag_id, task_id")),
            ),
            width=8,
        ),
    ),
)
SERVERS = Section(
    "Scheduler and DAG files",
    (
        graph(
            "Slots of pools",
            "short",
            "Open, taken and waited for.",
            Metric(f"sum(airflow_pool_open_slots{{{ITS}}})", "open"),
            Metric(f"sum(airflow_pool_running_slots{{{ITS}}})", "running"),
            Metric(f"sum(airflow_pool_queued_slots{{{ITS}}})", "queued"),
            Metric(f"sum(airflow_pool_scheduled_slots{{{ITS}}})", "scheduled"),
        ),
        graph(
            "Loop of the scheduler",
            "s",
            "95th percentile of one round, in which it starts what is due.",
            Metric(quantile(0.95, "airflow_scheduler_scheduler_loop_duration", ITS), "95 %"),
        ),
        graph(
            "Tasks that died",
            "short",
            "In ten minutes: without a heartbeat, or their pod was ended from outside.",
            Metric(or_zero(grown(f"airflow_task_instances_without_heartbeats_killed{{{ITS}}}", "10m")), "no heartbeat"),
            Metric(or_zero(grown(f"airflow_scheduler_tasks_killed_externally{{{ITS}}}", "10m")), "ended from outside"),
        ),
        graph(
            "Time to read all DAGs",
            "s",
            "How long the last round took.",
            Metric(f"sum(airflow_dag_processing_total_parse_time{{{ITS}}})", "all files"),
        ),
        graph(
            "Memory of Airflow",
            "bytes",
            "Of its pod, where all servers share theirs.",
            Metric(
                held(PODS, "container"),
                "{{container}}",
            ),
        ),
        graph(
            "Processor of Airflow",
            "none",
            "Cores that its pod uses.",
            Metric(
                cores(PODS, "container"),
                "{{container}}",
            ),
        ),
    ),
)
DASHBOARD = Dashboard(
    "airflow",
    "Airflow",
    "What a team's pipelines do, and whether what runs them is well.",
    (NOW, RUNS, SERVERS),
    (TEAM, DAG),
    window="6h",
)
