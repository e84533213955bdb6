"""The cluster: pods, workloads, jobs, volumes, the API server."""

from __future__ import annotations

from components.platform.rules.rule import Alert, Fires, Group, Quiet

_WHO = 'namespace="mlp-platform"'
_RESTARTS = 'kube_pod_container_status_restarts_total{namespace="team-search",team="search",pod="p",container="c"}'
_WAITING = (
    'kube_pod_container_status_waiting_reason{namespace="team-search",team="search",pod="p",container="c",reason="%s"}'
)
_POD = {"namespace": "team-search", "team": "search", "pod": "p"}
_PHASE = 'kube_pod_status_phase{namespace="team-search",team="search",pod="p",phase="Pending"}'
_OOM = (
    "kube_pod_container_status_last_terminated_reason"
    '{namespace="team-search",team="search",pod="p",container="c",reason="OOMKilled"}'
)
_JOB = 'kube_job_failed{namespace="mlp-foundation",job_name="j",condition="true"}'
_CLAIM = 'kubelet_volume_stats_{}_bytes{{namespace="mlp-foundation",persistentvolumeclaim="postgres-data"}}'

GROUP = Group(
    "cluster",
    (
        Alert(
            "PodCrashes",
            "sum by (team, namespace, pod, container) (increase(kube_pod_container_status_restarts_total[15m])) >= 3",
            "warning",
            "{{ $labels.namespace }}/{{ $labels.pod }}: container {{ $labels.container }} restarts again and again",
            "See `kubectl logs --previous` of it.",
            Fires({_RESTARTS: "0x30 0+1x90"}, {**_POD, "container": "c"}),
            Quiet({_RESTARTS: "0x60 1x90"}),
            wait="1m",
        ),
        Alert(
            "PodCannotStart",
            "max by (team, namespace, pod, container, reason) (kube_pod_container_status_waiting_reason"
            '{reason=~"ImagePullBackOff|ErrImagePull|InvalidImageName|CreateContainerConfigError|CreateContainerError"})'
            " == 1",
            "warning",
            "pod {{ $labels.namespace }}/{{ $labels.pod }} can't start: {{ $labels.reason }}",
            "See `kubectl describe pod`: an image that isn't in the registry, or a Secret that isn't there.",
            Fires(
                {_WAITING % "ImagePullBackOff": "1x200"},
                {**_POD, "container": "c", "reason": "ImagePullBackOff"},
            ),
            Quiet({_WAITING % "ContainerCreating": "1x200"}),
            wait="3m",
        ),
        Alert(
            "PodWaits",
            'max by (team, namespace, pod) (kube_pod_status_phase{phase="Pending"}) == 1',
            "warning",
            "pod {{ $labels.namespace }}/{{ $labels.pod }} hasn't started for a quarter of an hour",
            "No node has room for it, or a volume isn't there: see `kubectl describe pod`.",
            Fires({_PHASE: "1x200"}, _POD),
            Quiet({_PHASE: "1x30 0x170"}),
            wait="15m",
        ),
        Alert(
            "ContainerOutOfMemory",
            "(sum by (team, namespace, pod, container) (increase(kube_pod_container_status_restarts_total[10m])) > 0)"
            " and on (namespace, pod, container)"
            ' (kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1)',
            "warning",
            "container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} ran out of memory",
            "It was ended at its limit: raise `resources.memory` in the spec, or let it do less at once.",
            Fires({_RESTARTS: "0x100 1x100", _OOM: "0x100 1x100"}, {**_POD, "container": "c"}),
            Quiet({_RESTARTS: "0x20 1x180", _OOM: "0x20 1x180"}),
            wait="0s",
        ),
        Alert(
            "DeploymentIncomplete",
            "(kube_deployment_status_replicas_available < kube_deployment_spec_replicas)"
            ' and on (namespace, deployment) (kube_deployment_spec_replicas{namespace!~"team-.*"} > 0)',
            "critical",
            "{{ $labels.namespace }}/{{ $labels.deployment }} has {{ $value }} pods that serve, fewer than it should",
            "See `kubectl get pods -n {{ $labels.namespace }}` and the log of the one that isn't ready.",
            Fires(
                {
                    f'kube_deployment_status_replicas_available{{{_WHO},deployment="mlflow"}}': "0x200",
                    f'kube_deployment_spec_replicas{{{_WHO},deployment="mlflow"}}': "1x200",
                },
                {"namespace": "mlp-platform", "deployment": "mlflow"},
                value="0",
            ),
            Quiet(
                {
                    f'kube_deployment_status_replicas_available{{{_WHO},deployment="mlflow"}}': "0x8 1x192",
                    f'kube_deployment_spec_replicas{{{_WHO},deployment="mlflow"}}': "1x200",
                }
            ),
        ),
        Alert(
            "StatefulSetIncomplete",
            "(kube_statefulset_status_replicas_ready < kube_statefulset_replicas)"
            ' and on (namespace, statefulset) (kube_statefulset_replicas{namespace!~"team-.*"} > 0)',
            "critical",
            "{{ $labels.namespace }}/{{ $labels.statefulset }} has {{ $value }} ready pods, fewer than it should",
            "See `kubectl get pods -n {{ $labels.namespace }}` and the log of the one that isn't ready.",
            Fires(
                {
                    f'kube_statefulset_status_replicas_ready{{{_WHO},statefulset="git"}}': "0x200",
                    f'kube_statefulset_replicas{{{_WHO},statefulset="git"}}': "1x200",
                },
                {"namespace": "mlp-platform", "statefulset": "git"},
                value="0",
            ),
            Quiet(
                {
                    f'kube_statefulset_status_replicas_ready{{{_WHO},statefulset="git"}}': "1x200",
                    f'kube_statefulset_replicas{{{_WHO},statefulset="git"}}': "1x200",
                }
            ),
        ),
        Alert(
            "JobFailed",
            'max by (team, namespace, job_name) (kube_job_failed{condition="true"}) == 1',
            "warning",
            "job {{ $labels.namespace }}/{{ $labels.job_name }} failed",
            "It has given up. See `kubectl logs -n {{ $labels.namespace }} job/{{ $labels.job_name }}`.",
            Fires({_JOB: "1x200"}, {"namespace": "mlp-foundation", "job_name": "j"}),
            Quiet({_JOB: "0x200"}),
            wait="0s",
        ),
        Alert(
            "VolumeNearlyFull",
            "1 - max by (team, namespace, persistentvolumeclaim) (kubelet_volume_stats_available_bytes"
            " / kubelet_volume_stats_capacity_bytes) > 0.9",
            "critical",
            "{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} is {{ $value | humanizePercentage }} full",
            "Raise `storage` in the spec where the storage class lets volumes grow, or remove what isn't needed.",
            Fires(
                {_CLAIM.format("available"): "5x200", _CLAIM.format("capacity"): "100x200"},
                {"namespace": "mlp-foundation", "persistentvolumeclaim": "postgres-data"},
                value="95%",
            ),
            Quiet({_CLAIM.format("available"): "50x200", _CLAIM.format("capacity"): "100x200"}),
        ),
        Alert(
            "ApiServerErrors",
            'sum(rate(apiserver_request_total{code=~"5.."}[5m])) / sum(rate(apiserver_request_total[5m])) > 0.05',
            "critical",
            "{{ $value | humanizePercentage }} of the API server's answers are errors",
            "Nothing can be changed while it is so. See its log and etcd's.",
            Fires(
                {
                    'apiserver_request_total{code="500"}': "0+1x200",
                    'apiserver_request_total{code="200"}': "0+9x200",
                },
                {},
                value="10%",
            ),
            Quiet(
                {
                    'apiserver_request_total{code="500"}': "0+1x200",
                    'apiserver_request_total{code="200"}': "0+99x200",
                }
            ),
        ),
    ),
)
