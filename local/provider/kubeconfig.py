"""Finding and reading a kubeconfig: contents, a path, KUBECONFIG (several files) or ~/.kube/config.

Read by hand rather than with the `kubernetes` package, whose import alone takes a second and 100 MB.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.provider.errors import UnreachableError

_POD = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True)
class Access:
    """How to reach one cluster.

    `cluster` and `user` are the kubeconfig's own entries; relative paths in them are relative to `folder`.
    """

    cluster: dict[str, Any]
    user: dict[str, Any] = field(repr=False)
    namespace: str
    folder: Path


def parse(text: str) -> dict[str, Any]:
    """A kubeconfig from YAML or JSON, or from the file that the text names.

    Raises:
        UnreachableError: It is neither.
    """
    import yaml

    if "\n" not in text and len(text) < 4096 and Path(text).expanduser().is_file():
        text = Path(text).expanduser().read_text()
    try:
        loaded = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, _loader())  # noqa: S506 - safe
    except (ValueError, yaml.YAMLError):
        # The text may hold keys: it isn't repeated.
        raise UnreachableError("kubeconfig is neither YAML, JSON nor the path of a file") from None
    if not isinstance(loaded, dict):
        raise UnreachableError("kubeconfig is neither YAML, JSON nor the path of a file")
    return loaded


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _merged(paths: list[Path]) -> tuple[dict[str, Any], Path]:
    """Several files as one: the first that sets something wins, as with kubectl."""
    merged: dict[str, Any] = {}
    found = [path for path in paths if path.is_file()]
    for path in found:
        for key, value in parse(str(path)).items():
            if isinstance(value, list):
                names = {item.get("name") for item in merged.get(key, [])}
                merged.setdefault(key, []).extend(item for item in value if item.get("name") not in names)
            elif value:
                merged.setdefault(key, value)
    return merged, (found[0].parent if found else Path.cwd())


def load(given: str, context: str, cluster: str, namespace: str) -> Access:
    """The access that the settings choose; empty settings mean the kubeconfig's own.

    Raises:
        UnreachableError: There is no kubeconfig, or it doesn't name what was asked for.
    """
    if given:
        config = parse(given)
        path = Path(given).expanduser() if "\n" not in given and len(given) < 4096 else None
        folder = path.parent if path is not None and path.is_file() else Path.cwd()
    else:
        listed = os.environ.get("KUBECONFIG")
        files = (
            [Path(item) for item in listed.split(os.pathsep) if item] if listed else [Path.home() / ".kube" / "config"]
        )
        config, folder = _merged(files)
        if not config and (_POD / "token").is_file():
            return _in_cluster(namespace)
        if not config:
            raise UnreachableError(
                f"there is no kubeconfig ({', '.join(map(str, files))}); set KUBECONFIG or the provider's `kubeconfig`"
            )
    chosen = context or str(config.get("current-context") or "")
    if not chosen:
        raise UnreachableError("kubeconfig has no current-context; set the provider's `context`")
    entry = _entry(config, "contexts", "context", chosen)
    user = str(entry.get("user") or "")
    return Access(
        cluster=_entry(config, "clusters", "cluster", cluster or str(entry.get("cluster") or "")),
        user=_entry(config, "users", "user", user) if user else {},
        namespace=namespace or str(entry.get("namespace") or "") or "default",
        folder=folder,
    )


def _in_cluster(namespace: str) -> Access:
    """The access of a pod's own ServiceAccount."""
    server = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    cluster = {"server": server, "certificate-authority": str(_POD / "ca.crt")}
    own = (_POD / "namespace").read_text().strip()
    return Access(cluster, {"tokenFile": str(_POD / "token")}, namespace or own, _POD)


def _entry(config: dict[str, Any], section: str, kind: str, name: str) -> dict[str, Any]:
    for item in config.get(section) or []:
        if item.get("name") == name:
            return dict(item.get(kind) or {})
    known = ", ".join(str(item.get("name")) for item in config.get(section) or []) or "none"
    raise UnreachableError(f"kubeconfig has no {kind} {name!r}; it has: {known}")


def active_cluster(config: dict[str, Any], context: str, cluster: str) -> dict[str, Any] | None:
    """The cluster entry in use, or None when the kubeconfig doesn't say (as when it comes from the environment)."""
    clusters = {item.get("name"): item.get("cluster") for item in config.get("clusters") or []}
    contexts = {item.get("name"): item.get("context") or {} for item in config.get("contexts") or []}
    chosen = contexts.get(context or config.get("current-context"))
    if not clusters or chosen is None:
        return None
    return clusters.get(cluster or chosen.get("cluster"))
