"""The YAML files beside this code, filled with the node's names and addresses."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

import yaml

from local.node import users
from local.node.config import NodeConfig
from local.node.layout import Layout
from local.node.machine import Machine
from local.problem import Problem

FOLDER = Path(__file__).parent / "manifests"
CONFIG_HASH = "mlplatform/config"

# Values are put into YAML as text: nothing that could be YAML's own may be among them.
_SAFE = re.compile(r"[A-Za-z0-9._:/@ -]*")


def values(config: NodeConfig, layout: Layout, machine: Machine, images: Mapping[str, str]) -> dict[str, str]:
    """What the files may name: the images (with `_` for `-`), addresses, folders and users."""
    return {
        **{name.replace("-", "_"): reference for name, reference in images.items()},
        "node": config.name,
        "address": config.address,
        "pods": config.pods,
        "services": config.services,
        "dns": config.dns,
        "api_port": str(config.api_port),
        "registry_port": str(config.registry_port),
        "ingress_port": str(config.ingress_port),
        "data": str(layout.data),
        "forward": "forward . /etc/resolv.conf" if machine.resolv_conf else "",
        "etcd_uid": str(users.ETCD.uid),
        "apiserver_uid": str(users.API_SERVER.uid),
        "controller_manager_uid": str(users.CONTROLLER_MANAGER.uid),
        "scheduler_uid": str(users.SCHEDULER.uid),
        "registry_uid": str(users.REGISTRY.uid),
        "signing_gid": str(users.SIGNING.gid),
    }


def fill(text: str, given: Mapping[str, str]) -> str:
    """Replace every `${name}`.

    Raises:
        KeyError: The text names a value that isn't given.
        Problem: A value holds characters that could change the YAML around it.
    """
    for name, value in given.items():
        if not _SAFE.fullmatch(value):
            raise Problem(f"{name} {value!r} holds characters other than A-Z a-z 0-9 . _ : / @ -", "choose another")
    return Template(text).substitute(given)


def static_pods(given: Mapping[str, str], certificates: str) -> dict[str, str]:
    """File name and text of each static pod.

    Args:
        given: The values.
        certificates: Changes when certificates do: they are read at a pod's start alone.
    """
    filled = {**given, "certificates": certificates}
    return {path.name: fill(path.read_text(), filled) for path in sorted((FOLDER / "static").glob("*.yaml"))}


def addons(given: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every object that is applied once the API server answers, in that order."""
    objects: list[dict[str, Any]] = []
    for path in sorted((FOLDER / "addons").glob("*.yaml")):
        objects += _with_config_hash([each for each in yaml.safe_load_all(fill(path.read_text(), given)) if each])
    # Namespaces first, workloads last, so that what a pod needs is there when it starts.
    return sorted(objects, key=lambda each: (each["kind"] != "Namespace", each["kind"] in ("Deployment", "DaemonSet")))


def workloads(objects: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Kind, namespace and name of each Deployment and DaemonSet."""
    return [
        (each["kind"], each["metadata"]["namespace"], each["metadata"]["name"])
        for each in objects
        if each["kind"] in ("Deployment", "DaemonSet")
    ]


def _with_config_hash(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Note the ConfigMaps of a file in its pods, so that they are replaced when those change."""
    data = [each["data"] for each in objects if each["kind"] == "ConfigMap"]
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
    for each in objects:
        if data and each["kind"] in ("Deployment", "DaemonSet"):
            each["spec"]["template"]["metadata"].setdefault("annotations", {})[CONFIG_HASH] = digest
    return objects
