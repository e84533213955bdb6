"""From a stack's state to what kubectl applies, and in which order."""

from __future__ import annotations

import json
from typing import Any

from tests.bench.__main__ import Figure
from tests.bench.kubectl import SECRET, waves


def resource(name: str, kind: str, *dependencies: str, **inputs: Any) -> dict[str, Any]:
    manifest = {"kind": kind, "metadata": {"name": name}, "__initialApiVersion": "v1", **inputs}
    return {"urn": name, "type": f"kubernetes:v1:{kind}", "inputs": manifest, "dependencies": list(dependencies)}


def names(found: list[Any]) -> list[list[str]]:
    return [[manifest["metadata"]["name"] for manifest in wave.objects] for wave in found]


def test_what_comes_after_something_awaited_is_in_the_next_wave() -> None:
    state = [
        {"urn": "stack", "type": "pulumi:pulumi:Stack"},
        resource("space", "Namespace"),
        resource("settings", "ConfigMap", "space"),
        resource("grant", "Job", "space", "settings"),
        resource("server", "Deployment", "space", "grant"),
        resource("road", "Service", "space"),
        resource("entry", "Ingress", "road", "server"),
    ]
    assert names(waves(state)) == [["space", "settings", "grant", "road"], ["server"], ["entry"]]


def test_a_component_hands_its_dependencies_to_what_is_in_it() -> None:
    state = [
        resource("server", "Deployment"),
        {"urn": "grant", "type": "mlplatform:kubernetes:Provision", "dependencies": ["server"]},
        {**resource("job", "Job"), "parent": "grant"},
    ]
    assert names(waves(state)) == [["server"], ["job"]]


def test_manifests_are_plain() -> None:
    marked = {SECRET: "1b47061264138c4ac30d75fd1eb44270", "plaintext": json.dumps({"password": "x"})}
    [wave] = waves([resource("own", "Secret", data=marked)])
    assert wave.objects == [{"kind": "Secret", "metadata": {"name": "own"}, "data": {"password": "x"}}]


def test_a_promise_is_about_the_median() -> None:
    assert Figure("", [1, 2, 9], most=2).kept
    assert not Figure("", [1, 3, 9], most=2).kept
    assert "BROKEN" in Figure("", [3], most=2).line()
    assert Figure("", [99]).kept
