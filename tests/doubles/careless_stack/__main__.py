"""A team's slice as somebody in a hurry would write it: one violation in each area."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s

TEAM = "team-careless"

opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster"))
k8s.core.v1.Namespace(
    "namespace",
    metadata=k8s.meta.v1.ObjectMetaArgs(
        name=TEAM,
        labels={"mlplatform.dev/team": "careless", "pod-security.kubernetes.io/enforce": "restricted"},
    ),
    opts=opts,
)
k8s.apps.v1.Deployment(
    "server",
    metadata=k8s.meta.v1.ObjectMetaArgs(name="server", namespace="team-search"),
    spec=k8s.apps.v1.DeploymentSpecArgs(
        selector=k8s.meta.v1.LabelSelectorArgs(match_labels={"app": "server"}),
        template=k8s.core.v1.PodTemplateSpecArgs(
            metadata=k8s.meta.v1.ObjectMetaArgs(labels={"app": "server"}),
            spec=k8s.core.v1.PodSpecArgs(
                automount_service_account_token=False,
                containers=[k8s.core.v1.ContainerArgs(name="main", image="server:latest")],
            ),
        ),
    ),
    opts=opts,
)
