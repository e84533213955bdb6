"""Who may talk to whom in a team's namespace. What isn't named here isn't let through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.kubernetes import labels as label
from components.kubernetes import traffic
from components.kubernetes.traffic import Peer, Port
from components.platform.contract import PlatformContract
from components.team import airflow_pod
from components.team import airflow_settings as settings
from components.team.names import AIRFLOW, TUNER, WORKER

TUNES = {f"{label.GROUP}/tunes": "true"}
"""Label of a task that runs a sweep's trials (mlplatform_airflow.sweeps): of tasks, these alone reach the database."""


@dataclass(frozen=True)
class Way:
    """One direction of traffic of the pods that a label selects; without a label, of all pods."""

    name: str
    app: str | None = None
    into: tuple[list[Peer], list[Port]] | None = None
    out: tuple[list[Peer], list[Port]] | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    """Labels besides that of `app`."""

    @property
    def selector(self) -> dict[str, str]:
        """What finds its pods."""
        return {**({"app.kubernetes.io/name": self.app} if self.app else {}), **self.also}


def ways(namespace: str, platform: PlatformContract, *, packs: bool = False) -> list[Way]:
    """Tasks and Airflow reach the shared tools and each other; people reach Airflow; the git server its check.

    With `packs`, tasks push models' images and tell the cluster of them.
    """
    foundation = platform.foundation
    tools = [traffic.port_of(platform.tracking_uri), traffic.port_of(platform.repositories_uri)]
    metrics = traffic.udp(settings.STATSD_PORT)
    people = traffic.addresses(foundation.ingress.source_ranges)
    pushed = [traffic.port_of(f"https://{foundation.image_registry}"), *traffic.API_PORTS]
    return [
        *([Way("worker-packs", WORKER, out=([], _ports(sorted(set(pushed)))))] if packs else []),
        Way("tools", out=([traffic.pods_of(platform.namespace)], _ports(tools))),
        Way("object-store", out=([], _ports([traffic.port_of(foundation.object_store.endpoint)]))),
        Way("worker", WORKER, out=([traffic.pods_of(namespace)], [*_ports([settings.PORT]), metrics])),
        Way("airflow", AIRFLOW, out=([], _ports([foundation.database.port, *traffic.API_PORTS]))),
        Way("tuner", TUNER, out=([], _ports([foundation.database.port]))),
        Way("worker-tunes", WORKER, out=([], _ports([foundation.database.port])), also=TUNES),
        Way("airflow-metrics", AIRFLOW, into=([traffic.pods_of(namespace)], [metrics])),
        Way("airflow-server", AIRFLOW, into=([traffic.pods_of(namespace), *people], _ports([settings.PORT]))),
        Way(
            "airflow-check",
            AIRFLOW,
            into=([traffic.pods_of(platform.namespace)], _ports(list(airflow_pod.MORE_PORTS.values()))),
        ),
    ]


def _ports(numbers: Sequence[int]) -> list[Port]:
    return [traffic.tcp(number) for number in numbers]


def network(
    namespace_name: str,
    platform: PlatformContract,
    namespace: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    *,
    packs: bool = False,
) -> None:
    """Deny all but names, then let each way through."""
    traffic.deny_all(namespace, namespace_name, opts)
    for way in ways(namespace_name, platform, packs=packs):
        traffic.allow(way.name, f"{way.name}-traffic", namespace, way.selector, opts, into=way.into, out=way.out)
