"""The tools that all teams share: database, object store, MLflow, ingress, tenancy."""

from __future__ import annotations

from components.platform.rules.rule import Alert, Fires, Group, Quiet, grew

_CONDITION = 'mlplatform_tenant_ready{namespace="team-search",team="search"}'

GROUP = Group(
    "tools",
    (
        Alert(
            "DatabaseDown",
            "max(pg_up) == 0",
            "critical",
            "the database server doesn't answer",
            "MLflow, every Airflow and every log of predictions wait for it: see the log of mlp-foundation/postgres.",
            Fires({"pg_up": "0x200"}, {}),
            Quiet({"pg_up": "1x116 0x1 1x80"}),
            wait="1m",
        ),
        Alert(
            "DatabaseConnectionsNearlyUsedUp",
            "sum(pg_stat_activity_count) / max(pg_settings_max_connections) > 0.85",
            "warning",
            "{{ $value | humanizePercentage }} of the database server's connections are in use",
            "Beyond them nobody gets in. `SELECT usename, count(*) FROM pg_stat_activity GROUP BY 1` says whose.",
            Fires(
                {'pg_stat_activity_count{datname="x"}': "90x200", "pg_settings_max_connections": "100x200"},
                {},
                value="90%",
            ),
            Quiet({'pg_stat_activity_count{datname="x"}': "50x200", "pg_settings_max_connections": "100x200"}),
        ),
        Alert(
            "DatabaseDeadlocks",
            f"max by (team, datname) ({grew('pg_stat_database_deadlocks', '15m')})",
            "info",
            "deadlocks in database {{ $labels.datname }}",
            "Two transactions waited for each other and one was ended; its client should have tried again.",
            Fires(
                {'pg_stat_database_deadlocks{datname="team-search",team="search"}': "0x100 1x100"},
                {"team": "search", "datname": "team-search"},
            ),
            Quiet({'pg_stat_database_deadlocks{datname="team-search",team="search"}': "1x200"}),
            wait="0s",
        ),
        Alert(
            "IngressErrors",
            'sum by (service) (rate(traefik_service_requests_total{code=~"5.."}[5m]))'
            " / sum by (service) (rate(traefik_service_requests_total[5m])) > 0.05",
            "warning",
            "{{ $value | humanizePercentage }} of the answers of {{ $labels.service }} are errors",
            "Asked through the ingress controller. See the log of its pods.",
            Fires(
                {
                    'traefik_service_requests_total{service="s",code="502"}': "0+1x200",
                    'traefik_service_requests_total{service="s",code="200"}': "0+3x200",
                },
                {"service": "s"},
                value="25%",
            ),
            Quiet(
                {
                    'traefik_service_requests_total{service="s",code="404"}': "0+1x200",
                    'traefik_service_requests_total{service="s",code="200"}': "0+3x200",
                }
            ),
        ),
        Alert(
            "ObjectStoreErrors",
            'sum(rate(versitygw_failed_count{status=~"5.."}[5m])) > 0.05',
            "warning",
            "the object store answers with errors of its own",
            "Artifacts, logs and models can't be read or written. See the log of mlp-foundation/object-store.",
            Fires({'versitygw_failed_count{status="500",action="GetObject"}': "0+3x200"}, {}),
            Quiet({'versitygw_failed_count{status="404",action="GetObject"}': "0+3x200"}),
        ),
        Alert(
            "MlflowErrors",
            'sum(rate(mlflow_http_requests_total{status=~"5.."}[5m]))'
            " / sum(rate(mlflow_http_requests_total[5m])) > 0.05",
            "warning",
            "{{ $value | humanizePercentage }} of MLflow's answers are errors",
            "Runs fail at what they log. See the log of mlp-platform/mlflow, then the database and the object store.",
            Fires(
                {
                    'mlflow_http_requests_total{status="500"}': "0+1x200",
                    'mlflow_http_requests_total{status="200"}': "0+3x200",
                },
                {},
                value="25%",
            ),
            Quiet(
                {
                    'mlflow_http_requests_total{status="401"}': "0+1x200",
                    'mlflow_http_requests_total{status="200"}': "0+3x200",
                }
            ),
        ),
        Alert(
            "TenantNotReady",
            "min by (team) (mlplatform_tenant_ready) == 0",
            "warning",
            "team {{ $labels.team }} doesn't have its part of every shared tool",
            "`kubectl get tenants -A` says which tool, and why.",
            Fires({_CONDITION: "0x200"}, {"team": "search"}),
            Quiet({_CONDITION: "0x12 1x188"}),
        ),
    ),
)
