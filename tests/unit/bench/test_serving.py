"""The search for the highest rate, what is told of it, and the floor's objects."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.bench.contenders import FLOOR, bodies, floor_manifests
from tests.bench.highest import FINE, higher, highest
from tests.bench.serving import BATCHING, SINGLE, Contender, kept, lines
from tests.support.traffic.generator import Target

TARGET = Target("model.localhost")


@pytest.mark.parametrize("limit", [2.0, 7.0, 50.0, 333.3, 4000.0])
def test_the_highest_rate_is_found(limit: float) -> None:
    found = highest(lambda rate: rate <= limit, start=50)
    assert found <= limit < found * FINE


def test_nothing_is_found_where_nothing_holds() -> None:
    assert highest(lambda rate: False, start=50) == 0


def test_few_steps_are_needed() -> None:
    tried: list[float] = []

    def holds(rate: float) -> bool:
        tried.append(rate)
        return rate <= 420

    highest(holds, start=50)
    assert len(tried) <= 9


def test_a_later_round_makes_good_what_disturbed_the_first() -> None:
    found = higher(lambda rate: rate <= 420, best=300)
    assert found <= 420 < found * FINE
    assert higher(lambda rate: False, best=300) == 300


def contenders(floor: float, single: float, batching: float) -> dict[str, Contender]:
    rates = {FLOOR: floor, SINGLE: single, BATCHING: batching}
    return {name: Contender(name, TARGET, rate, [rate]) for name, rate in rates.items()}


@pytest.mark.parametrize(
    ("rates", "well"),
    [((100, 80, 101), True), ((100, 79, 101), False), ((100, 90, 100), False), ((0, 90, 100), False)],
)
def test_promises(rates: tuple[float, float, float], well: bool) -> None:
    found = contenders(*rates)
    assert kept(found) == well
    assert ("BROKEN" in "\n".join(lines(found))) != well


def test_requests_are_the_same_each_time_and_differ_among_themselves() -> None:
    random.seed(7)
    first = bodies()
    random.seed(8)
    assert bodies() == first
    assert len(set(first)) == len(first)


def test_the_floor_is_the_model_pod_but_for_what_runs_in_it() -> None:
    container: dict[str, Any] = {
        "name": "model",
        "image": "registry.example/mlplatform/model-team-search-single@sha256:0",
        "env": [{"name": "MODEL_SERVICE", "value": "bench-single"}],
        "resources": {"requests": {"cpu": "1"}},
        "ports": [{"name": "main", "containerPort": 3000}],
        "livenessProbe": {"httpGet": {"path": "/livez", "port": "main"}},
        "lifecycle": {"preStop": {"sleep": {"seconds": 6}}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    pod = {
        "metadata": {"namespace": "team-search"},
        "spec": {
            "securityContext": {"runAsNonRoot": True},
            "containers": [container],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        },
    }
    files, deployment, service, ingress = floor_manifests(pod, "traefik", "bench-floor-search.localhost")
    spec = deployment["spec"]["template"]["spec"]
    (made,) = spec["containers"]
    assert made["image"] == container["image"]
    assert made["resources"] == container["resources"]
    assert made["command"] == ["python", "/opt/floor/floor_app.py"]
    assert "livenessProbe" not in made
    assert {mount["name"] for mount in made["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}
    assert list(files["data"]) == ["floor_app.py"]
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
    assert ingress["spec"]["rules"][0]["host"] == "bench-floor-search.localhost"
    # The form isn't changed by it.
    assert container["livenessProbe"]
