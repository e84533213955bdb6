"""Objects of each kind as the API server gives them."""

from __future__ import annotations

from typing import Any

MADE = "2026-11-01T00:00:00Z"
SECONDS = 1793491200


def metadata(name: str, namespace: str = "team-search", **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": namespace, "uid": f"uid-{name}", "creationTimestamp": MADE, **more}


POD = {
    "metadata": metadata("p", ownerReferences=[{"kind": "ReplicaSet", "name": "r", "controller": True}]),
    "spec": {
        "nodeName": "n",
        "containers": [
            {
                "name": "c",
                "resources": {
                    "requests": {"cpu": "100m", "memory": "1Gi", "nvidia.com/gpu": "1"},
                    "limits": {"memory": "1Gi"},
                },
            }
        ],
    },
    "status": {
        "phase": "Running",
        "podIP": "10.0.0.1",
        "startTime": MADE,
        "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [
            {
                "name": "c",
                "restartCount": 3,
                "ready": False,
                "image": 'i"1',
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"reason": "OOMKilled"}},
            }
        ],
    },
}
DEPLOYMENT = {
    "metadata": metadata("d", generation=4),
    "spec": {"replicas": 3},
    "status": {"replicas": 3, "availableReplicas": 2, "readyReplicas": 2, "observedGeneration": 4},
}
STATEFULSET = {"metadata": metadata("s"), "spec": {}, "status": {"readyReplicas": 1}}
DAEMONSET = {"metadata": metadata("e"), "spec": {}, "status": {"desiredNumberScheduled": 2, "numberReady": 1}}
JOB = {
    "metadata": metadata("j"),
    "spec": {},
    "status": {
        "failed": 3,
        "startTime": MADE,
        "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}],
    },
}
AUTOSCALER = {
    "metadata": metadata("h"),
    "spec": {"maxReplicas": 5},
    "status": {"currentReplicas": 2, "desiredReplicas": 3},
}
NODE = {
    "metadata": {"name": "n", "creationTimestamp": MADE},
    "spec": {"unschedulable": True},
    "status": {
        "conditions": [{"type": "Ready", "status": "True"}],
        "capacity": {"cpu": "2", "memory": "16777216Ki", "nvidia.com/gpu": "1"},
        "allocatable": {"cpu": "1900m", "memory": "15Gi"},
        "nodeInfo": {"kubeletVersion": "v1.35.4"},
    },
}
NAMESPACE = {"metadata": {"name": "team-search", "creationTimestamp": MADE}, "status": {"phase": "Active"}}
QUOTA = {
    "metadata": metadata("team"),
    "status": {"hard": {"requests.cpu": "4", "pods": "40"}, "used": {"requests.cpu": "500m", "pods": "2"}},
}
CLAIM = {
    "metadata": metadata("v"),
    "spec": {"storageClassName": "standard", "volumeName": "pv", "resources": {"requests": {"storage": "5Gi"}}},
    "status": {"phase": "Bound"},
}
TENANT = {
    "metadata": metadata("team-search"),
    "status": {"conditions": [{"type": "Ready", "status": "True"}]},
}
LISTS = {
    "/api/v1/pods": [POD],
    "/api/v1/nodes": [NODE],
    "/api/v1/namespaces": [NAMESPACE],
    "/api/v1/resourcequotas": [QUOTA],
    "/api/v1/persistentvolumeclaims": [CLAIM],
    "/apis/apps/v1/deployments": [DEPLOYMENT],
    "/apis/apps/v1/statefulsets": [STATEFULSET],
    "/apis/apps/v1/daemonsets": [DAEMONSET],
    "/apis/batch/v1/jobs": [JOB],
    "/apis/autoscaling/v2/horizontalpodautoscalers": [AUTOSCALER],
    "/apis/mlplatform.dev/v1/tenants": [TENANT],
}
