"""What Prometheus is told, in its text format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

GAUGES = {
    "mlplatform_model_replicas": "Pods of a model service that are ready.",
    "mlplatform_model_replicas_wanted": "Pods that a model service is to have.",
    "mlplatform_model_replicas_max": "Pods that a model service may have at most.",
    "mlplatform_model_in_flight": "Requests that its pods have.",
    "mlplatform_model_waiting": "Requests that wait for a pod.",
    "mlplatform_model_canary_weight": "Percent of the requests that a new version gets.",
}
ROLLOUTS = "mlplatform_model_rollouts_total"


@dataclass(frozen=True)
class Sample:
    """The gauges of one service."""

    namespace: str
    model: str
    values: Mapping[str, float]


def text(samples: Iterable[Sample], rollouts: Counter[tuple[str, str, str, str]]) -> str:
    """All of it. Labels are names of Kubernetes or words of ours: nothing in them needs escaping."""
    known = list(samples)
    lines: list[str] = []
    for name, help_text in GAUGES.items():
        lines += [f"# HELP {name} {help_text}", f"# TYPE {name} gauge"]
        lines += [
            f'{name}{{namespace_of="{sample.namespace}",model="{sample.model}"}} {sample.values[name]:g}'
            for sample in known
        ]
    lines += [f"# HELP {ROLLOUTS} Versions that were promoted or rolled back.", f"# TYPE {ROLLOUTS} counter"]
    for (namespace, model, result, reason), count in sorted(rollouts.items()):
        lines.append(
            f'{ROLLOUTS}{{namespace_of="{namespace}",model="{model}",result="{result}",reason="{reason}"}} {count}'
        )
    return "\n".join(lines) + "\n"
