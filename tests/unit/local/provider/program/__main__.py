"""What test_engine.py puts up; it changes the values between runs by the environment."""

from __future__ import annotations

import os
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider(
    "cluster", upsert_existing_objects=True, enable_config_map_mutable=True, enable_secret_mutable=True
)
opts = pulumi.ResourceOptions(provider=provider)
extra = os.environ.get("TEST_EXTRA")


def meta(name: str, namespace: pulumi.Input[str] | None = None, **annotations: str) -> dict[str, Any]:
    return {"name": name, "namespace": namespace or home.metadata.name, "annotations": annotations}


home = k8s.core.v1.Namespace("namespace", metadata={"name": "engine"}, opts=opts)
greeting = {"greeting": os.environ["TEST_GREETING"]}
k8s.core.v1.ConfigMap("settings", metadata=meta("settings"), data=greeting, opts=opts)
password = {"password": pulumi.Output.secret(os.environ["TEST_PASSWORD"])}
k8s.core.v1.Secret("password", metadata=meta("password"), string_data=password, opts=opts)
k8s.core.v1.ServiceAccount("unnamed", metadata={"namespace": home.metadata.name}, opts=opts)
controller = {"controller": os.environ["TEST_CONTROLLER"]}
k8s.networking.v1.IngressClass("class", metadata={"name": "engine"}, spec=controller, opts=opts)
labels = {"app": "web"}
pod = {
    "host_network": False,
    "containers": [{"name": "c", "image": "a:1", "resources": {"limits": {"cpu": "1000m"}}}],
}
k8s.apps.v1.Deployment(
    "web",
    metadata=meta("web"),
    spec={
        "replicas": 0,
        "selector": {"match_labels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    },
    opts=opts,
)

if extra == "never-ready":
    seconds = pulumi.CustomTimeouts(create="2s", update="2s")
    waiting = meta("never", "default", **{"pulumi.com/waitFor": "jsonpath={.data.no}"})
    k8s.core.v1.ConfigMap(
        "never", metadata=waiting, opts=pulumi.ResourceOptions(provider=provider, custom_timeouts=seconds)
    )
if extra == "import":
    k8s.core.v1.ConfigMap(
        "found",
        metadata={"name": "found", "namespace": "default"},
        data={"a": "1"},
        opts=pulumi.ResourceOptions(provider=provider, import_="default/found"),
    )
