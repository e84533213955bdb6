"""The one way to the cluster of a stack."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s


def provider(context: str, opts: pulumi.ResourceOptions | None = None) -> k8s.Provider:
    """A provider for the context of that name in the kubeconfig that KUBECONFIG names.

    A run that was killed may have made an object that no state knows of: every object has a name of its own, and
    `upsert_existing_objects` takes it over. ConfigMaps and Secrets are changed in place, which pods then see.
    """
    return k8s.Provider(
        "cluster",
        context=context,
        enable_server_side_apply=True,
        upsert_existing_objects=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        suppress_helm_hook_warnings=True,
        opts=opts,
    )
