"""The Provider resource's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from local.provider import config, kubeconfig
from local.provider.errors import UnreachableError
from local.provider.wire import UNKNOWN, Secret


def kube(server: str = "https://a", **more: Any) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": server}}, {"name": "d", "cluster": {"server": "https://d"}}],
        "users": [{"name": "u", "user": {"token": "t0ken"}}],
        "contexts": [
            {"name": "x", "context": {"cluster": "c", "user": "u"}},
            {"name": "y", "context": {"cluster": "d", "user": "u", "namespace": "team"}},
        ],
        "current-context": "x",
        **more,
    }


def text(**more: Any) -> str:
    return str(yaml.safe_dump(kube(**more)))


@pytest.mark.parametrize(
    ("settings", "at_fault"),
    [
        ({"kubeconfig": "x", "context": "c", "upsertExistingObjects": "true", "version": "4"}, []),
        ({"upsertExistingObjects": True, "kubeClientSettings": {"qps": 5}}, []),
        ({"kubeconfig": UNKNOWN, "enableSecretMutable": UNKNOWN}, []),
        ({"enableServerSideApply": "false"}, ["enableServerSideApply"]),
        ({"enableServerSideApply": True}, []),
        ({"renderYamlToDirectory": "out"}, ["renderYamlToDirectory"]),
        ({"upsertExisting": True}, ["upsertExisting"]),
        ({"deleteUnreachable": "yes"}, ["deleteUnreachable"]),
    ],
)
def test_check(settings: dict[str, Any], at_fault: list[str]) -> None:
    assert [name for name, _ in config.check(settings)] == at_fault


@pytest.mark.parametrize(
    ("old", "new", "changed", "replaces"),
    [
        ({}, {}, [], []),
        ({"namespace": "a"}, {"namespace": "b"}, ["namespace"], []),
        ({"kubeconfig": text()}, {"kubeconfig": text(server="https://b")}, ["kubeconfig"], ["kubeconfig"]),
        ({"kubeconfig": text()}, {"kubeconfig": text(users=[])}, ["kubeconfig"], []),
        ({"kubeconfig": text()}, {"kubeconfig": text(), "context": "y"}, ["context"], ["context"]),
        ({"context": "x"}, {"context": "y"}, ["context"], []),
        ({}, {"kubeconfig": UNKNOWN}, ["kubeconfig"], ["kubeconfig"]),
        (
            {"clusterIdentifier": "i", "kubeconfig": text()},
            {"clusterIdentifier": "i", "kubeconfig": text(server="https://b")},
            ["kubeconfig"],
            [],
        ),
        ({"clusterIdentifier": "i"}, {"clusterIdentifier": "j"}, ["clusterIdentifier"], ["clusterIdentifier"]),
        ({}, {"clusterIdentifier": "j"}, ["clusterIdentifier"], []),
        ({"kubeconfig": Secret(text())}, {"kubeconfig": text()}, [], []),
    ],
)
def test_diff(old: dict[str, Any], new: dict[str, Any], changed: list[str], replaces: list[str]) -> None:
    found = config.diff(old, new)
    assert (found.changed, found.replaces) == (changed, replaces)


def test_flags_come_from_the_environment_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_K8S_UPSERT_EXISTING_OBJECTS", "true")
    assert config.parse({}).upsert
    assert not config.parse({"kubernetes:config:upsertExistingObjects": "false"}).upsert
    assert config.parse({"kubernetes:config:enableSecretMutable": "true"}).secret_mutable


def test_kubeconfig_contents_or_path(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(text())
    for given in (text(), str(file)):
        access = kubeconfig.load(given, "", "", "")
        assert (access.cluster["server"], access.namespace) == ("https://a", "default")
        assert "t0ken" not in repr(access)
    assert kubeconfig.load(text(), "y", "", "").namespace == "team"
    assert kubeconfig.load(text(), "y", "", "mine").namespace == "mine"
    assert kubeconfig.load(text(), "y", "c", "").cluster["server"] == "https://a"


def test_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text(yaml.safe_dump({"current-context": "y"}))
    second.write_text(text())
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}:{tmp_path / 'missing'}")
    assert kubeconfig.load("", "", "", "").cluster["server"] == "https://d"
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "missing"))
    with pytest.raises(UnreachableError, match="missing"):
        kubeconfig.load("", "", "", "")


@pytest.mark.parametrize(
    ("given", "context", "says"),
    [
        (text(), "z", "no context 'z'; it has: x, y"),
        ("just text", "", "neither"),
        ("{not json", "", "neither"),
        (text(**{"current-context": ""}), "", "current-context"),
    ],
)
def test_wrong_kubeconfigs(given: str, context: str, says: str) -> None:
    with pytest.raises(UnreachableError, match=says):
        kubeconfig.load(given, context, "", "")


def test_a_broken_kubeconfig_is_not_repeated() -> None:
    with pytest.raises(UnreachableError) as caught:
        kubeconfig.parse("users:\n- token: t0ken\n  broken: [")
    assert "t0ken" not in str(caught.value)


def test_inside_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("token", "ca.crt", "namespace"):
        (tmp_path / name).write_text(f"of-{name}\n")
    monkeypatch.setattr(kubeconfig, "_POD", tmp_path)
    for key, value in {"KUBECONFIG": "", "HOME": "/nowhere", "KUBERNETES_SERVICE_HOST": "1.2.3.4"}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    access = kubeconfig.load("", "", "", "")
    assert (access.cluster["server"], access.namespace) == ("https://1.2.3.4:443", "of-namespace")
