"""The team's models that answer requests: what the serving controller is told of each, and what it may do for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.kubernetes import objects, traffic
from components.kubernetes.access import Account, Rule, grant
from components.platform import serving_kind
from components.platform.contract import MODEL_PORT, PlatformContract
from components.team.keys import Derive
from components.team.model_spec import ModelServiceSpec
from components.team.names import MODEL, MODEL_KEYS
from components.team.spec import TeamSpec

API_VERSION = f"{label.GROUP}/{serving_kind.VERSION}"
SERVING = "serving"
MAKES = ["create", "delete", "get", "list", "patch", "watch"]


@dataclass(frozen=True)
class ModelServicesInputs:
    """What they need from others."""

    platform: PlatformContract
    namespace: pulumi.Input[str]
    now: Derive
    """Secrets of this rotation."""


def wanted(spec: TeamSpec, model: ModelServiceSpec, platform: PlatformContract) -> dict[str, Any]:
    """`spec` of the ModelService."""
    entry = platform.foundation.ingress
    found: dict[str, Any] = {
        "host": host(spec, model, platform),
        "ingressClass": entry.class_name,
        "model": model.model,
        "resources": {"cpu": model.resources.cpu, "memory": model.resources.memory},
        "gpu": model.gpu,
        "replicas": {"min": model.replicas.min, "max": model.replicas.max},
        "scaleBy": model.scale_by,
        "targetConcurrency": model.target_concurrency,
        "idleSeconds": model.idle_seconds,
        "canary": {
            "weight": model.canary.weight,
            "seconds": model.canary.seconds,
            "startSeconds": model.canary.start_seconds,
            "maxErrorPercent": model.canary.max_error_percent,
            "maxLatencyRatio": model.canary.max_latency_ratio,
        },
        "keysSecret": MODEL_KEYS,
        "rotation": spec.rotation,
    }
    if model.batching:
        found["batching"] = {"maxSize": model.batching.max_size, "maxLatencyMs": model.batching.max_latency_ms}
    return found


def host(spec: TeamSpec, model: ModelServiceSpec, platform: PlatformContract) -> str:
    """Where it is reached from outside of the cluster."""
    return platform.foundation.ingress.host(f"{model.name}-{spec.name}")


def address(spec: TeamSpec, model: ModelServiceSpec, platform: PlatformContract) -> str:
    """The URL that people type for it."""
    return platform.foundation.ingress.address(f"{model.name}-{spec.name}")


def keys(spec: TeamSpec, platform: PlatformContract, now: Derive) -> dict[str, pulumi.Input[str]]:
    """The environment of a model pod: the team's database, for the log of predictions."""
    place = platform.foundation.database.place(spec.id)
    return {"DATABASE_URL": pulumi.Output.concat(f"postgresql://{spec.id}:", now("database"), f"@{place}")}


def controller_rules() -> list[Rule]:
    """What the controller makes for a ModelService, and the pods that it follows. It reads no Secret."""
    return [
        Rule(api_groups=["apps"], resources=["deployments"], verbs=MAKES),
        Rule(api_groups=[""], resources=["pods"], verbs=["get", "list", "watch"]),
        Rule(api_groups=[""], resources=["services"], verbs=["create", "get", "patch"]),
        Rule(api_groups=["discovery.k8s.io"], resources=["endpointslices"], verbs=["create", "get", "patch"]),
        Rule(api_groups=["networking.k8s.io"], resources=["ingresses"], verbs=["create", "get", "patch"]),
        Rule(
            api_groups=["autoscaling"],
            resources=["horizontalpodautoscalers"],
            verbs=["create", "delete", "get", "patch"],
        ),
    ]


class ModelServices(pulumi.ComponentResource):
    """One ModelService a model. A team without models has none of the rest either."""

    addresses: dict[str, str]

    def __init__(
        self,
        name: str,
        spec: TeamSpec,
        inputs: ModelServicesInputs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("mlplatform:team:ModelServices", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        if spec.models:
            before = [
                k8s.core.v1.ServiceAccount(
                    f"{MODEL}-account",
                    metadata=objects.metadata(MODEL, label.labels(MODEL, "account"), inputs.namespace),
                    automount_service_account_token=False,
                    opts=child,
                ),
                objects.secret(
                    MODEL_KEYS,
                    label.labels(MODEL_KEYS, "keys"),
                    inputs.namespace,
                    keys(spec, inputs.platform, inputs.now),
                    child,
                ),
                self._grant(inputs, child),
                *self._network(inputs, child),
            ]
            self._declare(spec, inputs, before)
        self.addresses = {model.name: address(spec, model, inputs.platform) for model in spec.models}
        self.register_outputs({"addresses": self.addresses})

    def _grant(self, inputs: ModelServicesInputs, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        serving = inputs.platform.serving
        account = Account(serving.namespace, serving.service_account)
        labels = label.labels(SERVING, "access")
        return grant(SERVING, SERVING, labels, inputs.namespace, controller_rules(), account, opts)

    def _network(self, inputs: ModelServicesInputs, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
        """Asked by the ingress controller, the serving controller and the team's own pods; they reach the database."""
        foundation = inputs.platform.foundation
        selector = {"app.kubernetes.io/component": MODEL}
        people = traffic.addresses(foundation.ingress.source_ranges)
        team = traffic.Peer(pod_selector=k8s.meta.v1.LabelSelectorArgs())
        askers = [team, traffic.pods_of(inputs.platform.serving.namespace), *people]
        # The Service is no pod: what the team's own pods ask for goes to model pods or to the controller.
        return [
            traffic.allow(
                MODEL,
                "model-traffic",
                inputs.namespace,
                selector,
                opts,
                into=(askers, [traffic.tcp(MODEL_PORT)]),
                out=([], [traffic.tcp(foundation.database.port)]),
            ),
            traffic.allow(
                "model-clients",
                "model-clients-traffic",
                inputs.namespace,
                {},
                opts,
                out=(
                    [team, traffic.pods_of(inputs.platform.serving.namespace)],
                    [traffic.tcp(MODEL_PORT), traffic.tcp(inputs.platform.serving.port)],
                ),
            ),
        ]

    def _declare(self, spec: TeamSpec, inputs: ModelServicesInputs, before: Sequence[pulumi.Resource]) -> None:
        """The objects. Nobody waits for them: a service is there before anything is packed for it."""
        for model in spec.models:
            k8s.apiextensions.CustomResource(
                f"model-{model.name}",
                api_version=API_VERSION,
                kind=serving_kind.KIND,
                metadata=objects.metadata(model.name, label.labels(model.name, MODEL), inputs.namespace),
                spec=wanted(spec, model, inputs.platform),
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(before)),
            )
