"""Nodes: processor, memory, disk and whether they are ready."""

from __future__ import annotations

from components.platform.rules.rule import Alert, Fires, Group, Quiet, Record, Yields

_DISK = 'node_filesystem_{}_bytes{{node="a",mountpoint="/node"}}'
_SIZE, _FREE = _DISK.format("size"), _DISK.format("avail")

GROUP = Group(
    "node",
    (
        Record(
            "node:cpu_used:ratio",
            '1 - avg by (node) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
            Yields({'node_cpu_seconds_total{node="a",mode="idle",cpu="0"}': "0+3x200"}, {'{node="a"}': 0.8}),
        ),
        Record(
            "node:memory_used:ratio",
            "1 - sum by (node) (node_memory_MemAvailable_bytes) / sum by (node) (node_memory_MemTotal_bytes)",
            Yields(
                {
                    'node_memory_MemAvailable_bytes{node="a"}': "25x200",
                    'node_memory_MemTotal_bytes{node="a"}': "100x200",
                },
                {'{node="a"}': 0.75},
            ),
        ),
        Record(
            "node:disk_used:ratio",
            '1 - max by (node) (node_filesystem_avail_bytes{mountpoint="/node"}'
            ' / node_filesystem_size_bytes{mountpoint="/node"})',
            Yields({_SIZE: "100x200", _FREE: "40x200"}, {'{node="a"}': 0.6}),
        ),
        Alert(
            "NodeNotReady",
            'max by (node) (kube_node_status_condition{condition="Ready",status="true"}) == 0',
            "critical",
            "node {{ $labels.node }} isn't ready",
            "Its pods are moved away, or wait if there is no other node. See `kubectl describe node`.",
            Fires({'kube_node_status_condition{node="a",condition="Ready",status="true"}': "0x200"}, {"node": "a"}),
            Quiet({'kube_node_status_condition{node="a",condition="Ready",status="true"}': "1x110 0x4 1x80"}),
            wait="2m",
        ),
        Alert(
            "NodeUnderPressure",
            'max by (node, condition) (kube_node_status_condition{condition=~".*Pressure",status="true"}) == 1',
            "warning",
            "node {{ $labels.node }} has {{ $labels.condition }}",
            "The kubelet evicts pods until it is over: free what is short, or add a node.",
            Fires(
                {'kube_node_status_condition{node="a",condition="DiskPressure",status="true"}': "1x200"},
                {"node": "a", "condition": "DiskPressure"},
            ),
            Quiet({'kube_node_status_condition{node="a",condition="DiskPressure",status="true"}': "0x200"}),
            wait="1m",
        ),
        Alert(
            "NodeMemoryNearlyFull",
            "node:memory_used:ratio > 0.92",
            "warning",
            "node {{ $labels.node }} uses {{ $value | humanizePercentage }} of its memory",
            "Beyond it the kernel ends programs. See `kubectl top pods -A`.",
            Fires(
                {
                    'node_memory_MemAvailable_bytes{node="a"}': "5x200",
                    'node_memory_MemTotal_bytes{node="a"}': "100x200",
                },
                {"node": "a"},
                value="95%",
            ),
            Quiet(
                {
                    'node_memory_MemAvailable_bytes{node="a"}': "10x200",
                    'node_memory_MemTotal_bytes{node="a"}': "100x200",
                },
            ),
        ),
        Alert(
            "NodeDiskNearlyFull",
            "node:disk_used:ratio > 0.9",
            "critical",
            "the disk of node {{ $labels.node }} is {{ $value | humanizePercentage }} full",
            "Databases, object store and Prometheus stop writing when it is full, and the kubelet evicts pods before.",
            Fires({_SIZE: "100x200", _FREE: "5x200"}, {"node": "a"}, value="95%"),
            Quiet({_SIZE: "100x200", _FREE: "20x200"}),
        ),
        Alert(
            "NodeDiskFillsUp",
            'max by (node) (predict_linear(node_filesystem_avail_bytes{mountpoint="/node"}[30m], 4 * 3600)) < 0'
            " and on (node) node:disk_used:ratio > 0.7",
            "warning",
            "the disk of node {{ $labels.node }} will be full within four hours",
            "Reckoned from the last half hour. See `mlp status` and which volume or bucket grows.",
            Fires({_SIZE: "1000x400", _FREE: "300-1x299"}, {"node": "a"}, at="40m"),
            Quiet({_SIZE: "1000x400", _FREE: "300x400"}, at="40m"),
            wait="10m",
        ),
        Alert(
            "NodeBusy",
            "node:cpu_used:ratio > 0.95",
            "info",
            "node {{ $labels.node }} used {{ $value | humanizePercentage }} of its processor for half an hour",
            "What runs there runs slower. See `kubectl top pods -A`; lower a team's quota, or add a node.",
            Fires({'node_cpu_seconds_total{node="a",mode="idle",cpu="0"}': "0+0.3x400"}, {"node": "a"}, "50m", "98%"),
            Quiet({'node_cpu_seconds_total{node="a",mode="idle",cpu="0"}': "0+3x400"}, "50m"),
            wait="30m",
        ),
    ),
)
