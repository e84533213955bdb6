"""Monitoring itself: what isn't seen, what isn't told, and what was lost."""

from __future__ import annotations

from components.platform.rules.rule import Alert, Fires, Group, Quiet, Record, Yields, grew

_SELF = 'job="prometheus",namespace="mlp-platform",pod="prometheus-0"'
_UP = f"up{{{_SELF}}}"
_STARTED = f"process_start_time_seconds{{{_SELF}}}"
_TARGET = 'up{job="airflow",namespace="team-search",team="search",pod="p"}'
_EXPECTED = ("node-exporter", "cluster-state", "postgres-exporter", "apiserver", "kubelet", "alertmanager")
# The last sample before this start, looked for in each minute: a killed process marks no series as ended.
_LAST_BEFORE = (
    'max(max_over_time((timestamp(up{job="prometheus"})'
    ' < scalar(max(process_start_time_seconds{job="prometheus"} @ end())))[2h:1m]))'
)

GROUP = Group(
    "monitoring",
    (
        Record(
            "monitoring:gap:seconds",
            f'max(process_start_time_seconds{{job="prometheus"}}) - {_LAST_BEFORE}',
            # Alive until 900 s, killed, started at 1000 s.
            Yields({_UP: "1x60 _x6 1x133", _STARTED: "-5x60 _x6 1000x133"}, {"{}": 100}),
        ),
        Alert(
            "MonitoringLostData",
            'monitoring:gap:seconds > 45 and on () (time() - max(process_start_time_seconds{job="prometheus"})) < 3600',
            "warning",
            "nothing was recorded for {{ $value | humanizeDuration }} before Prometheus last started",
            "It was killed, out of memory, or had no room. What was recorded before is there; alerts were silent.",
            Fires({_UP: "1x60 _x6 1x133", _STARTED: "-5x60 _x6 1000x133"}, {}, value="1m 40s"),
            Quiet({_UP: "1x60 _x1 1x138", _STARTED: "-5x60 _x1 925x138"}),
            wait="0s",
        ),
        Alert(
            "MonitoringDataCorrupt",
            "max by (job) ("
            + " or ".join(
                grew(f'{name}{{job="prometheus"}}', "1h")
                for name in ("prometheus_tsdb_wal_corruptions_total", "prometheus_tsdb_head_chunks_corruptions_total")
            )
            + ")",
            "critical",
            "some of Prometheus' data was unreadable and is lost",
            "Its log names the segment. Everything before it is there; check the volume and the node's disk.",
            Fires({f"prometheus_tsdb_wal_corruptions_total{{{_SELF}}}": "0x100 1x100"}, {"job": "prometheus"}),
            Quiet({f"prometheus_tsdb_wal_corruptions_total{{{_SELF}}}": "0x200"}),
            wait="0s",
        ),
        Alert(
            "MonitoringCannotWrite",
            "max by (job) ("
            + " or ".join(
                grew(f'{name}{{job="prometheus"}}', "15m")
                for name in (
                    "prometheus_tsdb_wal_writes_failed_total",
                    "prometheus_tsdb_compactions_failed_total",
                    "prometheus_tsdb_checkpoint_creations_failed_total",
                )
            )
            + ")",
            "critical",
            "Prometheus couldn't write: samples of the last minutes are lost",
            "Its volume was full, mostly. Raise `monitoring.prometheus.storage`, or lower `retention`.",
            Fires({f"prometheus_tsdb_wal_writes_failed_total{{{_SELF}}}": "0x80 40x120"}, {"job": "prometheus"}),
            Quiet({f"prometheus_tsdb_wal_writes_failed_total{{{_SELF}}}": "40x200"}),
            wait="0s",
        ),
        Alert(
            "TargetDown",
            "max by (team, namespace, job, pod) (up == 0)",
            "warning",
            "{{ $labels.job }} in {{ $labels.namespace }} gives no metrics",
            "Pod {{ $labels.pod }} doesn't answer or isn't let through; see Status, Targets in Prometheus.",
            Fires({_TARGET: "0x200"}, {"team": "search", "namespace": "team-search", "job": "airflow", "pod": "p"}),
            Quiet({_TARGET: "1x108 0x4 1x88"}),
        ),
        *(
            Alert(
                f"{''.join(word.capitalize() for word in job.split('-'))}Missing",
                f'absent(up{{job="{job}"}})',
                "critical",
                f"there is no {job} to get metrics from",
                "Rules that need it are silent. See its pods in mlp-platform.",
                Fires({'up{job="other"}': "1x200"}, {"job": job}),
                Quiet({f'up{{job="{job}",pod="p"}}': "1x200"}),
            )
            for job in _EXPECTED
        ),
        Alert(
            "ClusterStateIncomplete",
            "max by (kind) (mlplatform_cluster_state_read == 0)"
            ' or max by (kind) (label_replace(mlplatform_cluster_state_objects_failed > 0, "kind", "objects", "", ""))',
            "warning",
            "some {{ $labels.kind }} of the cluster aren't seen",
            "Rules about them are silent. The log of mlp-platform/cluster-state names the object or the refusal.",
            Fires({'mlplatform_cluster_state_read{kind="pods"}': "0x200"}, {"kind": "pods"}),
            Quiet(
                {
                    'mlplatform_cluster_state_read{kind="pods"}': "1x200",
                    "mlplatform_cluster_state_objects_failed": "0x200",
                }
            ),
        ),
        Alert(
            "RulesFail",
            f"max by (rule_group) ({grew('prometheus_rule_evaluation_failures_total', '10m')})",
            "critical",
            "rules of {{ $labels.rule_group }} can't be evaluated",
            "Their alerts are silent. See Status, Rules in Prometheus for the error.",
            Fires({'prometheus_rule_evaluation_failures_total{rule_group="g"}': "0x100 0+1x100"}, {"rule_group": "g"}),
            Quiet({'prometheus_rule_evaluation_failures_total{rule_group="g"}': "3x200"}),
            wait="1m",
        ),
        Alert(
            "AlertsNotDelivered",
            "max by (alertmanager) (rate(prometheus_notifications_errors_total[5m])) > 0",
            "critical",
            "Prometheus can't hand its alerts to Alertmanager",
            "They are told as soon as it is back. See the log of alertmanager-0 in mlp-platform.",
            Fires({'prometheus_notifications_errors_total{alertmanager="a"}': "0+1x200"}, {"alertmanager": "a"}),
            Quiet({'prometheus_notifications_errors_total{alertmanager="a"}': "5x200"}),
            wait="1m",
        ),
        Alert(
            "ReceiverRefuses",
            "max by (receiver_name, integration) (rate(alertmanager_notifications_failed_total[5m])) > 0",
            "warning",
            "alerts don't reach a receiver ({{ $labels.integration }})",
            "Its webhook doesn't answer with 2xx. The log of Alertmanager has the address and the error.",
            Fires(
                {'alertmanager_notifications_failed_total{integration="webhook"}': "0+1x200"},
                {"integration": "webhook"},
            ),
            Quiet({'alertmanager_notifications_failed_total{integration="webhook"}': "2x200"}),
        ),
        Alert(
            "AlertRouteRefused",
            "max by (team) (mlplatform_alert_routes_refused) > 0",
            "warning",
            "alerts of team {{ $labels.team }} go nowhere: its webhook isn't right",
            "Mend `alerts.webhook` in its spec: http or https, a host, no spaces.",
            Fires({'mlplatform_alert_routes_refused{team="search"}': "1x200"}, {"team": "search"}),
            Quiet({'mlplatform_alert_routes_refused{team="search"}': "0x200"}),
            wait="1m",
        ),
        Alert(
            "AlertRoutesStale",
            "time() - max(mlplatform_alert_routes_seen_timestamp_seconds) > 300",
            "warning",
            "routes of alerts haven't been read for {{ $value | humanizeDuration }}",
            "The last good ones hold. See the log of container routes of alertmanager-0.",
            Fires({"mlplatform_alert_routes_seen_timestamp_seconds": "60x200"}, {}, value="29m 0s"),
            Quiet({"mlplatform_alert_routes_seen_timestamp_seconds": "0+15x200"}),
            wait="1m",
        ),
        Alert(
            "Watchdog",
            "vector(1)",
            "info",
            "monitoring works",
            "Always there. When it stops coming, Prometheus or Alertmanager is gone: have its receiver tell somebody.",
            Fires({}, {}),
            Quiet({}, at="0m"),
            wait="1m",
        ),
    ),
)
