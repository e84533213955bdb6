"""The kind ModelService: a model that answers requests, how many pods it may have, and how a new version is tried."""

from __future__ import annotations

from typing import Any

from components.kubernetes.labels import GROUP
from components.kubernetes.schemas import condition, fields, text

KIND = "ModelService"
PLURAL = "modelservices"
VERSION = "v1"
NAME = f"{PLURAL}.{GROUP}"
PACKAGE = f"{GROUP}/package"
"""Annotation with what was packed last, as JSON: a change of it is a rollout."""
KEYS = "model-keys"
"""Secret that is environment of model pods: whoever may change a ModelService can't have another one."""
CONDITIONS = ("Ready", "RolledOut")


def _number(description: str, least: float, most: float, kind: str = "integer") -> dict[str, Any]:
    return {"type": kind, "minimum": least, "maximum": most, "description": description}


def spec_schema() -> dict[str, Any]:
    """Of what a team asks for."""
    quantity = {"maxLength": 32, "pattern": r"^[0-9]+(\.[0-9]+)?[A-Za-z]{0,2}$"}
    return fields(
        "What is to answer, and from where.",
        {
            "host": text("Host name of its requests: <service>-<team>.<base domain>.", minLength=1, maxLength=253),
            "ingressClass": text("Who routes them.", minLength=1, maxLength=253),
            "model": text("What is packed: models:/... or bento:/...", minLength=1, maxLength=512),
            "resources": fields(
                "Of each pod.",
                {"cpu": text("Processor.", **quantity), "memory": text("Memory.", **quantity)},
                "cpu",
                "memory",
            ),
            "gpu": _number("GPUs of each pod.", 0, 16),
            "replicas": fields(
                "How many pods.", {"min": _number("At least.", 0, 20), "max": _number("At most.", 1, 20)}, "min", "max"
            ),
            "scaleBy": text("What their number follows.", enum=["requests", "cpu"], default="requests"),
            "targetConcurrency": _number("Requests in flight that a pod is to have.", 1, 1000),
            "idleSeconds": _number("Seconds without a request after which no pod is left.", 10, 86_400),
            "canary": fields(
                "How a new version is tried.",
                {
                    "weight": _number("Percent of the requests that it gets at most.", 1, 50),
                    "seconds": _number("How long it is tried.", 5, 86_400),
                    "startSeconds": _number("How long it may take to predict.", 5, 86_400),
                    "maxErrorPercent": _number("Percent of errors beyond stable's.", 0, 100, "number"),
                    "maxLatencyRatio": _number(
                        "Times stable's latency, by the median and the 95th percentile.", 1, 100, "number"
                    ),
                },
            ),
            "batching": fields(
                "Answers requests together; off unless given.",
                {
                    "maxSize": _number("Most requests in one batch.", 1, 1000),
                    "maxLatencyMs": _number("Most milliseconds of an answer.", 1, 10_000),
                },
                "maxSize",
                "maxLatencyMs",
            ),
            "keysSecret": text("Secret with the pods' environment.", enum=[KEYS], default=KEYS),
            "rotation": _number("Raised whenever that Secret changes.", 1, 100_000),
        },
        "host",
        "ingressClass",
        "model",
        "resources",
        "replicas",
    )


def version_schema(description: str) -> dict[str, Any]:
    """Of a version that is there or was tried."""
    return fields(description, _version())


def _version() -> dict[str, Any]:
    return {
        "image": text("What runs, by digest."),
        "version": text("Version of the model."),
        "model": text("Name of the model."),
        "run": text("Run that made it."),
        "revision": text("Which Deployment."),
        "package": text("Which package: digits of the annotation's hash."),
        "phase": text("How far it is."),
        "since": text("Since when."),
    }


def history_schema() -> dict[str, Any]:
    """Of the last decisions."""
    entry = fields(
        "A version that was promoted or rolled back.",
        {
            **{name: field for name, field in _version().items() if name in ("image", "version", "model", "run")},
            "at": text("When."),
            "result": text("What became of it.", enum=["promoted", "rolled-back"]),
            "reason": text("Why, in one word.", maxLength=64),
            "message": text("Why, for people.", maxLength=1024),
            "requests": {"type": "integer", "description": "Answers that it was judged by."},
            "errors": {"type": "integer", "description": "How many of them were errors."},
            "p95": {"type": "number", "description": "Seconds that 95 of 100 took at most."},
            "stableP95": {"type": "number", "description": "The same of the version before."},
        },
    )
    return {"type": "array", "description": "The last ten decisions, the newest first.", "items": entry}


def status_schema() -> dict[str, Any]:
    """Of what the controller says."""
    rejected = {
        "revision": text("Which Deployment."),
        "package": text("Which package."),
        "reason": text("Why, in one word."),
        "message": text("Why, for people.", maxLength=1024),
    }
    return fields(
        "What there is.",
        {
            "observedGeneration": {"type": "integer", "format": "int64", "description": "Which spec this is about."},
            "phase": text("In one word."),
            "url": text("Where people ask."),
            "package": text("Which package this is about."),
            "stable": version_schema("What answers."),
            "candidate": version_schema("What is tried."),
            "rejected": fields("What was rolled back last.", rejected),
            "replicas": {"type": "integer", "description": "Pods that are ready."},
            "inFlight": {"type": "integer", "description": "Requests that they have."},
            "history": history_schema(),
            "conditions": {"type": "array", "description": "Whether it answers.", "items": condition(CONDITIONS)},
        },
    )


def schema() -> dict[str, Any]:
    """Of the whole object: what it doesn't know isn't kept."""
    return fields("A model that answers requests.", {"spec": spec_schema(), "status": status_schema()}, "spec")


def columns() -> list[dict[str, Any]]:
    """What `kubectl get modelservices` shows."""
    ready = ".status.conditions[?(@.type=='Ready')]"
    return [
        {"name": "Phase", "type": "string", "jsonPath": ".status.phase"},
        {"name": "Version", "type": "string", "jsonPath": ".status.stable.version"},
        {"name": "Pods", "type": "integer", "jsonPath": ".status.replicas"},
        {"name": "URL", "type": "string", "jsonPath": ".status.url"},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        {"name": "Message", "type": "string", "jsonPath": f"{ready}.message", "priority": 1},
    ]
