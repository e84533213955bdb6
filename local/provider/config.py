"""The Provider resource's own settings: what is valid, what changing them means, and their parsed form."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.provider import kubeconfig
from local.provider.errors import ProviderError
from local.provider.wire import UNKNOWN, Object, plain

_PREFIX = "kubernetes:config:"
_FLAGS = {
    "deleteUnreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "skipUpdateUnreachable": "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
    "suppressDeprecationWarnings": "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS",
    "suppressHelmHookWarnings": "PULUMI_K8S_SUPPRESS_HELM_HOOK_WARNINGS",
}
_TEXTS = {"kubeconfig", "context", "cluster", "namespace", "clusterIdentifier"}
# Tuning of the official provider's client, which has no counterpart here.
_WITHOUT_EFFECT = {"kubeClientSettings", "helmReleaseSettings", "rejectUnknownResources", "alwaysRender"}
# Settings of the engine and the SDK, not of the provider.
_NOT_OURS = {"version", "pluginDownloadURL", "__internal"}


@dataclass(frozen=True)
class Settings:
    """Parsed settings; names are those of the Provider resource."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    config_map_mutable: bool = False
    secret_mutable: bool = False
    patch_force: bool = False
    upsert: bool = False
    no_deprecations: bool = False


def parse(variables: Mapping[str, str]) -> Settings:
    """Settings from a Configure request; as officially, the environment fills in flags that aren't set."""

    def text(key: str) -> str:
        return variables.get(_PREFIX + key, "")

    def flag(key: str) -> bool:
        given = variables.get(_PREFIX + key)
        return (os.environ.get(_FLAGS[key], "") if given is None else given) == "true"

    return Settings(
        kubeconfig=text("kubeconfig"),
        context=text("context"),
        cluster=text("cluster"),
        namespace=text("namespace"),
        delete_unreachable=flag("deleteUnreachable"),
        skip_update_unreachable=flag("skipUpdateUnreachable"),
        config_map_mutable=flag("enableConfigMapMutable"),
        secret_mutable=flag("enableSecretMutable"),
        patch_force=flag("enablePatchForce"),
        upsert=flag("upsertExistingObjects"),
        no_deprecations=flag("suppressDeprecationWarnings"),
    )


def check(news: Object) -> list[tuple[str, str]]:
    """What is wrong with the settings: pairs of property and reason."""
    failures = []
    for key, value in plain(news).items():
        if key == "enableServerSideApply" and value in (False, "false"):
            failures.append((key, "this provider only applies server-side: leave enableServerSideApply unset or true"))
        elif key == "renderYamlToDirectory" and value:
            failures.append((key, "rendering YAML needs the official Kubernetes provider"))
        elif key in _FLAGS and value not in (True, False, "true", "false", UNKNOWN):
            failures.append((key, f"{value!r} is neither true nor false"))
        elif key not in {*_FLAGS, *_TEXTS, *_WITHOUT_EFFECT, *_NOT_OURS, "renderYamlToDirectory", "strictMode"}:
            known = ", ".join(sorted({*_FLAGS, *_TEXTS}))
            failures.append((key, f"the Kubernetes provider has no setting {key!r}; it has: {known}"))
    return failures


@dataclass(frozen=True)
class ConfigDifference:
    """Changed settings, and those among them that mean another cluster."""

    changed: list[str]
    replaces: list[str]


def diff(olds: Object, news: Object) -> ConfigDifference:
    """What changing the settings means: another cluster replaces everything in it, all else is an update."""
    olds, news = plain(olds), plain(news)
    changed = sorted(key for key in {*olds, *news} if olds.get(key) != news.get(key))
    if not changed:
        return ConfigDifference([], [])
    identifier = "clusterIdentifier"
    if identifier in news and olds.get(identifier) == news[identifier]:
        return ConfigDifference(changed, [])
    replaces = [identifier] if identifier in olds and identifier in news and identifier in changed else []
    unknown = [key for key in ("kubeconfig", "context", "cluster") if news.get(key) is UNKNOWN]
    if unknown:
        return ConfigDifference(unknown, [*replaces, *unknown])
    before, after = _active(olds), _active(news)
    if before is not None and after is not None and before != after:
        replaces += [key for key in ("kubeconfig", "context", "cluster") if key in changed]
    return ConfigDifference(changed, replaces)


def _active(settings: Object) -> Any:
    given = settings.get("kubeconfig")
    if isinstance(given, dict):
        config = given
    elif isinstance(given, str) and given:
        try:
            config = kubeconfig.parse(given)
        except ProviderError:
            return None
    else:
        config = {}
    return kubeconfig.active_cluster(config, str(settings.get("context") or ""), str(settings.get("cluster") or ""))
