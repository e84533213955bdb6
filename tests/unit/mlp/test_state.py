from __future__ import annotations

import json
from typing import Any

from mlp import state
from mlp.locks import PROJECT

KEPT = ("backups", "history")
URN = "urn:pulumi:s::mlplatform::pulumi:pulumi:Stack::mlplatform-s"


def write(latest: dict[str, Any]) -> None:
    path = state.path_of("s")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"version": 3, "checkpoint": {"stack": "s", "latest": latest}}))


def test_a_stack_that_never_was_is_empty() -> None:
    found = state.read("s")
    assert not found.exists
    assert found.outputs == {}


def test_a_stack_that_was_only_initialised_is_empty() -> None:
    write({"manifest": {"time": "2026-11-22T02:55:26Z"}})
    assert not state.read("s").exists


def test_what_the_backend_keeps_of_a_removed_stack_goes() -> None:
    write({})
    backend = state.path_of("s").parent.parent.parent
    kept = [backend / "stacks" / PROJECT / "s.json.bak", *(backend / one / PROJECT / "s" / "x.json" for one in KEPT)]
    other = backend / "backups" / PROJECT / "other" / "x.json"
    for path in (*kept, other):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    state.forget("s")
    assert not [path for path in kept if path.exists()]
    assert other.exists()


def test_outputs_resources_and_pending() -> None:
    write(
        {
            "manifest": {"time": "2026-11-22T02:55:26Z"},
            "resources": [{"urn": URN, "type": "pulumi:pulumi:Stack", "outputs": {"addresses": {"a": "http://a"}}}],
            "pending_operations": [{"resource": {"urn": "urn:x"}, "type": "creating"}],
        }
    )
    found = state.read("s")
    assert found.updated == "2026-11-22T02:55:26Z"
    assert found.resources == (URN,)
    assert found.pending == ("urn:x",)
    assert found.outputs == {"addresses": {"a": "http://a"}}
