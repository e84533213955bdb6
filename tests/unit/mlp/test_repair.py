from __future__ import annotations

from typing import Any

import pytest

from mlp.repair import identity, repair

PROVIDER = "urn:pulumi:s::mlplatform::pulumi:providers:kubernetes::cluster"
URN = "urn:pulumi:s::mlplatform::kubernetes:core/v1:ConfigMap::a"


def created(urn: str = URN, provider_id: str = "new", **changes: Any) -> dict[str, Any]:
    return {
        "urn": urn,
        "custom": True,
        "type": "kubernetes:core/v1:ConfigMap",
        "inputs": {"metadata": {"name": "a", "namespace": "space"}},
        "provider": f"{PROVIDER}::{provider_id}",
        **changes,
    }


def note(resource: dict[str, Any], kind: str = "creating") -> dict[str, Any]:
    return {"resource": resource, "type": kind}


def deployment(*notes: dict[str, Any], resources: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    provider = {"urn": PROVIDER, "type": "pulumi:providers:kubernetes", "custom": True, "id": "new"}
    return {"manifest": {}, "resources": [provider, *resources], "pending_operations": list(notes)}


def test_a_create_becomes_a_resource_with_the_providers_id() -> None:
    found = repair(deployment(note(created())))
    entry = found.deployment["resources"][-1]
    assert (entry["urn"], entry["id"]) == (URN, "space/a")
    assert entry["outputs"] == entry["inputs"]
    assert "delete" not in entry
    assert found.adopted == (URN,)
    assert found.deployment["pending_operations"] == []


def test_the_input_is_left_as_it_is() -> None:
    given = deployment(note(created()))
    repair(given)
    assert len(given["resources"]) == 1
    assert len(given["pending_operations"]) == 1


def test_two_notes_of_one_resource_make_one() -> None:
    later = created(inputs={"metadata": {"name": "a", "namespace": "space"}, "data": {"k": "later"}})
    found = repair(deployment(note(created()), note(later)))
    assert len(found.deployment["resources"]) == 2
    assert found.deployment["resources"][-1]["inputs"]["data"] == {"k": "later"}


def test_provider_with_another_id_now_is_taken_by_its_urn() -> None:
    found = repair(deployment(note(created(provider_id="old"))))
    assert found.deployment["resources"][-1]["provider"] == f"{PROVIDER}::new"


def test_object_of_a_provider_that_is_gone_is_dropped() -> None:
    given = deployment(note(created()))
    given["resources"] = []
    found = repair(given)
    assert (found.adopted, found.dropped) == ((), (URN,))
    assert found.deployment["resources"] == []


def test_object_already_in_the_state_stays_single() -> None:
    found = repair(deployment(note(created()), resources=(created(id="space/a"),)))
    assert len(found.deployment["resources"]) == 2
    assert found.dropped == (URN,)


def test_interrupted_replacement_is_left_for_deletion() -> None:
    found = repair(deployment(note(created()), resources=(created(id="space/old"),)))
    assert found.deployment["resources"][-1]["delete"] is True


@pytest.mark.parametrize("kind", ["updating", "deleting", "reading"])
def test_other_notes_are_the_refreshs(kind: str) -> None:
    given = deployment(note(created(id="space/a"), kind), resources=(created(id="space/a"),))
    found = repair(given)
    assert found.deployment["pending_operations"] == given["pending_operations"]
    assert (found.adopted, found.dropped) == ((), ())


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (created(), "space/a"),
        (created(inputs={"metadata": {"name": "a"}}), "a"),
        (created(inputs={}), None),
        (created(type="pulumi:providers:kubernetes"), None),
    ],
)
def test_identity(resource: dict[str, Any], expected: str | None) -> None:
    assert identity(resource) == expected
