"""Made-up names and field managers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from local.provider import naming
from local.provider.errors import ProviderError
from local.provider.wire import UNKNOWN

URN = "urn:pulumi:t::p::kubernetes:core/v1:ConfigMap::settings"


def test_made_up_names_are_marked_and_follow_the_seed() -> None:
    first: dict[str, Any] = {}
    naming.assign(first, "settings", b"seed", None)
    again: dict[str, Any] = {}
    naming.assign(again, "settings", b"seed", None)
    assert first == again
    assert first["metadata"]["name"].startswith("settings-")
    assert len(first["metadata"]["name"]) == len("settings-") + 8
    assert naming.is_autonamed(first)
    other: dict[str, Any] = {}
    naming.assign(other, "settings", b"", None)
    assert other["metadata"]["name"] != first["metadata"]["name"]


@pytest.mark.parametrize("metadata", [{"name": "given"}, {"name": UNKNOWN}, {"generateName": "x-"}])
def test_given_names_stay(metadata: dict[str, Any]) -> None:
    obj = {"metadata": dict(metadata)}
    naming.assign(obj, "settings", b"", None)
    assert obj == {"metadata": metadata}


def test_the_engines_options() -> None:
    obj: dict[str, Any] = {}
    naming.assign(obj, "settings", b"", SimpleNamespace(mode=0, DISABLE=2, proposed_name="team-settings"))
    assert obj["metadata"]["name"] == "team-settings"
    with pytest.raises(ProviderError, match="autonaming is disabled"):
        naming.assign({}, "settings", b"", SimpleNamespace(mode=2, DISABLE=2, proposed_name=""))


def test_a_made_up_name_is_kept_and_a_given_one_is_not_taken_over() -> None:
    old: dict[str, Any] = {}
    naming.assign(old, "settings", b"seed", None)
    new: dict[str, Any] = {"metadata": {}}
    naming.adopt(new, old)
    assert new["metadata"]["name"] == old["metadata"]["name"]
    assert naming.is_autonamed(new)
    unnamed: dict[str, Any] = {"metadata": {}}
    naming.adopt(unnamed, {"metadata": {"name": "by-hand"}})
    assert unnamed == {"metadata": {}}


def test_field_managers() -> None:
    made = naming.field_manager(URN, {}, {})
    assert made.startswith("pulumi-kubernetes-")
    assert made == naming.field_manager(URN, {}, {}), "a killed run must find its own fields again"
    assert made != naming.field_manager(URN + "2", {}, {})
    assert naming.field_manager(URN, {"__fieldManager": "kept"}, {}) == "kept"
    annotated = {"metadata": {"annotations": {"pulumi.com/patchFieldManager": "given"}}}
    assert naming.field_manager(URN, {"__fieldManager": "kept"}, annotated) == "given"
