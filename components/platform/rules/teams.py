"""Teams: their pipelines, and what they use of their quota."""

from __future__ import annotations

from components.platform.rules.rule import Alert, Fires, Group, Quiet, Record, Yields, grew

_TEAM = 'namespace="team-search",team="search"'
_FAILED = f'airflow_dagrun_duration_failed_count{{{_TEAM},dag_id="d",run_type="scheduled"}}'
_HEARTBEAT = f"airflow_scheduler_heartbeat{{{_TEAM}}}"
_IMPORTS = f"airflow_dag_processing_import_errors{{{_TEAM}}}"
_USED = f'kube_resourcequota{{{_TEAM},resourcequota="team",resource="requests.memory",type="used"}}'
_HARD = f'kube_resourcequota{{{_TEAM},resourcequota="team",resource="requests.memory",type="hard"}}'
_VIEW = f'{_TEAM},view="user_statistics"'
_FRESH = f"mlplatform_features_fresh_timestamp_seconds{{{_VIEW}}}"
_STALE_AFTER = f"mlplatform_features_stale_after_seconds{{{_VIEW}}}"
_QUOTA = {"team": "search", "namespace": "team-search", "resource": "requests.memory"}

GROUP = Group(
    "teams",
    (
        Record(
            "team:cpu_used:cores",
            'sum by (team) (rate(container_cpu_usage_seconds_total{team!="",container!=""}[5m]))',
            Yields(
                {f'container_cpu_usage_seconds_total{{{_TEAM},pod="p",container="c"}}': "0+15x200"},
                {'{team="search"}': 1},
            ),
        ),
        Record(
            "team:memory_used:bytes",
            'sum by (team) (container_memory_working_set_bytes{team!="",container!=""})',
            Yields(
                {
                    f'container_memory_working_set_bytes{{{_TEAM},pod="p",container="c"}}': "5x200",
                    f'container_memory_working_set_bytes{{{_TEAM},pod="q",container="c"}}': "7x200",
                },
                {'{team="search"}': 12},
            ),
        ),
        Record(
            "team:quota_used:ratio",
            'sum by (team, namespace, resource) (kube_resourcequota{type="used",team!=""})'
            ' / (sum by (team, namespace, resource) (kube_resourcequota{type="hard",team!=""}) > 0)',
            Yields({_USED: "3x200", _HARD: "4x200"}, {f'{{{_TEAM},resource="requests.memory"}}': 0.75}),
        ),
        Record(
            "airflow:dag_runs_failed:increase1h",
            "sum by (team, dag_id) (increase(airflow_dagrun_duration_failed_count[1h]))",
            Yields({_FAILED: "0+1x400"}, {'{team="search",dag_id="d"}': 240}, at="90m"),
        ),
        Alert(
            "DagRunFailed",
            f"max by (team, dag_id) ({grew('airflow_dagrun_duration_failed_count', '15m')})",
            "warning",
            "a run of DAG {{ $labels.dag_id }} of team {{ $labels.team }} failed",
            "`mlp airflow logs --team {{ $labels.team }} --dag {{ $labels.dag_id }}` says why.",
            Fires({_FAILED: "_x100 1x100"}, {"team": "search", "dag_id": "d"}),
            Quiet({_FAILED: "_x20 1x180"}),
            wait="0s",
        ),
        Alert(
            "AirflowSchedulerSilent",
            "sum by (team) (rate(airflow_scheduler_heartbeat[2m])) == 0",
            "critical",
            "the scheduler of team {{ $labels.team }}'s Airflow gives no sign of life",
            "No task starts. See `mlp airflow logs --team {{ $labels.team }} --component scheduler`.",
            Fires({_HEARTBEAT: "0+3x40 120x160"}, {"team": "search"}),
            Quiet({_HEARTBEAT: "0+3x200"}),
            wait="2m",
        ),
        Alert(
            "DagImportErrors",
            "max by (team) (airflow_dag_processing_import_errors) > 0",
            "warning",
            "{{ $value }} DAG files of team {{ $labels.team }} can't be imported",
            "Their last good version doesn't run either: `mlp dag push` says what is wrong with them.",
            Fires({_IMPORTS: "2x200"}, {"team": "search"}, value="2"),
            Quiet({_IMPORTS: "0x200"}),
        ),
        Alert(
            "FeaturesStale",
            "max by (team, view) (time() - mlplatform_features_fresh_timestamp_seconds)"
            " > max by (team, view) (mlplatform_features_stale_after_seconds)",
            "warning",
            "feature view {{ $labels.view }} of team {{ $labels.team }} has had no new values for "
            "{{ $value | humanizeDuration }}",
            "Models are asked with old values. See that the DAG that materialises it runs; tag `stale_after_seconds` "
            "of the view, or `features.stale_after_hours` of the team's spec, says how old it may be.",
            Fires(
                {_FRESH: "0x200", _STALE_AFTER: "900x200"},
                {"team": "search", "view": "user_statistics"},
                value="30m 0s",
            ),
            Quiet({_FRESH: "0x60 1200x140", _STALE_AFTER: "900x200"}),
        ),
        Alert(
            "QuotaNearlyUsedUp",
            "team:quota_used:ratio > 0.9",
            "warning",
            "team {{ $labels.team }} uses {{ $value | humanizePercentage }} of its quota of {{ $labels.resource }}",
            "What doesn't fit waits: raise `quota` in its spec, or let less run at once.",
            Fires({_USED: "19x200", _HARD: "20x200"}, _QUOTA, value="95%"),
            Quiet({_USED: "17x200", _HARD: "20x200"}),
            wait="10m",
        ),
    ),
)
