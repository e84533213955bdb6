"""One version of a model with its pods' settings: a Deployment of its own, which never changes but in its size."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .kube import Object
from .settings import Settings
from .wanted import FEATURE_KEYS, KEYS, Package, Wanted

GROUP_LABELS = "app.kubernetes.io"
COMPONENT = "model"
CONTAINER = "model"
ACCOUNT = "model"
USER = 10001
PART_SECONDS = 4
"""So long a pod that goes still answers: until every router has heard that it goes."""
GRACE_SECONDS = PART_SECONDS + 14
CPU_PERCENT = 70
"""Of what pods ask for: where scaling by processor wants them."""


def owner(wanted: Wanted, group: str) -> list[Object]:
    """What is of a ModelService goes with it."""
    return [
        {
            "apiVersion": f"{group}/v1",
            "kind": "ModelService",
            "name": wanted.name,
            "uid": wanted.uid,
            "controller": True,
        }
    ]


def labels(wanted: Wanted, group: str) -> dict[str, str]:
    """Of everything that is of a ModelService."""
    return {
        f"{GROUP_LABELS}/name": wanted.name,
        f"{GROUP_LABELS}/component": COMPONENT,
        f"{GROUP_LABELS}/part-of": "mlplatform",
        f"{group}/model": wanted.name,
    }


def mark_of(wanted: Wanted, package: Package) -> str:
    """Eight digits that tell a revision from others: by its image and its pods' settings, whatever else changes."""
    settings = (wanted.cpu, wanted.memory, wanted.gpu, wanted.batch_size, wanted.batch_milliseconds, wanted.rotation)
    return hashlib.sha256(json.dumps([package.image, *settings]).encode()).hexdigest()[:8]


def revision(wanted: Wanted, package: Package, settings: Settings, mark: str) -> Object:
    """The Deployment of a revision. One that somebody removed is made anew under its mark, with the settings of now."""
    every = labels(wanted, settings.group)
    own = {f"{settings.group}/model": wanted.name, f"{settings.group}/revision": mark}
    template = pod(wanted, package, settings)
    template["metadata"]["labels"] |= own
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": f"{wanted.name}-{mark}",
            "namespace": wanted.namespace,
            "labels": every | own,
            "ownerReferences": owner(wanted, settings.group),
        },
        "spec": {
            "revisionHistoryLimit": 0,
            "progressDeadlineSeconds": 120,
            "selector": {"matchLabels": own},
            "template": template,
        },
    }


def pod(wanted: Wanted, package: Package, settings: Settings) -> Object:
    """The pod template, under the restricted pod security standard."""
    port = settings.model_port
    resources: dict[str, Any] = {
        "requests": {"cpu": wanted.cpu, "memory": wanted.memory},
        "limits": {"memory": wanted.memory},
    }
    if wanted.gpu:
        resources["limits"]["nvidia.com/gpu"] = resources["requests"]["nvidia.com/gpu"] = str(wanted.gpu)
    container: Object = {
        "name": CONTAINER,
        "image": package.image,
        "env": [{"name": name, "value": value} for name, value in sorted(environment(wanted).items())],
        # What opens the team's features, where it has a feature store.
        "envFrom": [{"secretRef": {"name": KEYS}}, {"secretRef": {"name": FEATURE_KEYS, "optional": True}}],
        "ports": [{"name": "main", "containerPort": port}],
        "resources": resources,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        # Somebody waits for the first answer: no startup probe before this one, which would cost a second.
        "readinessProbe": _probe("/readyz", period=1, timeout=5, failures=3),
        "livenessProbe": _probe("/livez", period=10, timeout=5, failures=3)
        | {"initialDelaySeconds": max(30, int(wanted.canary.start_seconds))},
        "lifecycle": {"preStop": {"sleep": {"seconds": PART_SECONDS}}},
        # The last lines of its log, where it says why it ended: the rollout's verdict repeats them.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - an emptyDir of the pod alone
    }
    spec: Object = {
        "serviceAccountName": ACCOUNT,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "512Mi"}}],
    }
    if wanted.gpu:
        spec["tolerations"] = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
    return {
        "metadata": {
            "labels": labels(wanted, settings.group),
            "annotations": {
                f"{settings.group}/metrics-port": str(port),
                # For people: the image is what says it.
                f"{settings.group}/model-version": package.version,
            },
        },
        "spec": spec,
    }


def environment(wanted: Wanted) -> dict[str, str]:
    """What a pod is told about itself."""
    return {
        "MODEL_SERVICE": wanted.name,
        "TEAM": wanted.team,
        "MAX_BATCH_SIZE": str(wanted.batch_size),
        "MAX_BATCH_LATENCY_MS": str(wanted.batch_milliseconds),
        "HOME": "/tmp",  # noqa: S108 - the same
    }


def autoscaler(wanted: Wanted, deployment: str, group: str) -> Object:
    """Scaling by processor is Kubernetes' own."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {
            "name": wanted.service,
            "namespace": wanted.namespace,
            "labels": labels(wanted, group),
            "ownerReferences": owner(wanted, group),
        },
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment},
            "minReplicas": max(1, wanted.least),
            "maxReplicas": wanted.most,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": CPU_PERCENT},
                    },
                }
            ],
            "behavior": {"scaleUp": {"stabilizationWindowSeconds": 0}},
        },
    }


def _probe(path: str, *, period: int, timeout: int, failures: int) -> Object:
    return {
        "httpGet": {"path": path, "port": "main"},
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "failureThreshold": failures,
    }
