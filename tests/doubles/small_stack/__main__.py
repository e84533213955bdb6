"""Eight cheap objects: namespaced and not, secret and not, owned by controllers and not, one with a wait of its own.

Each carries the stack's name as label, so that a test finds every one on the cluster, wherever it is.
"""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s

config = pulumi.Config()
image = config.require("image")
name = pulumi.get_stack()
labels = {"app.kubernetes.io/part-of": name}

provider = k8s.Provider(
    "cluster", upsert_existing_objects=True, enable_config_map_mutable=True, enable_secret_mutable=True
)
on_cluster = pulumi.ResourceOptions(provider=provider)


def meta(role: str, **annotations: str) -> k8s.meta.v1.ObjectMetaArgs:
    return k8s.meta.v1.ObjectMetaArgs(
        name=f"{name}-{role}",
        namespace=namespace.metadata.name,
        labels=labels,
        annotations={f"pulumi.com/{key}": value for key, value in annotations.items()},
    )


namespace = k8s.core.v1.Namespace(
    "namespace",
    metadata=k8s.meta.v1.ObjectMetaArgs(
        name=name, labels=labels, annotations={"pulumi.com/waitFor": "jsonpath={.status.phase}=Active"}
    ),
    opts=on_cluster,
)
account = k8s.core.v1.ServiceAccount("account", metadata=meta("account"), opts=on_cluster)
settings = k8s.core.v1.ConfigMap("settings", metadata=meta("settings"), data={"greeting": "hello"}, opts=on_cluster)
password = k8s.core.v1.Secret(
    "password", metadata=meta("password"), string_data={"password": config.require_secret("password")}, opts=on_cluster
)
role = k8s.rbac.v1.Role(
    "role",
    metadata=meta("role"),
    rules=[k8s.rbac.v1.PolicyRuleArgs(api_groups=[""], resources=["configmaps"], verbs=["get"])],
    opts=on_cluster,
)
k8s.rbac.v1.RoleBinding(
    "binding",
    metadata=meta("binding"),
    role_ref=k8s.rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=role.metadata.name),
    subjects=[
        k8s.rbac.v1.SubjectArgs(kind="ServiceAccount", name=account.metadata.name, namespace=namespace.metadata.name)
    ],
    opts=on_cluster,
)
# Not in the namespace, so that its end doesn't hide one left behind.
k8s.rbac.v1.ClusterRole(
    "cluster-role",
    metadata=k8s.meta.v1.ObjectMetaArgs(name=f"{name}-cluster-role", labels=labels),
    rules=[k8s.rbac.v1.PolicyRuleArgs(api_groups=[""], resources=["nodes"], verbs=["list"])],
    opts=on_cluster,
)
selected = {"app.kubernetes.io/name": name}
k8s.apps.v1.Deployment(
    "app",
    metadata=meta("app"),
    spec=k8s.apps.v1.DeploymentSpecArgs(
        replicas=1,
        selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selected),
        template=k8s.core.v1.PodTemplateSpecArgs(
            metadata=k8s.meta.v1.ObjectMetaArgs(labels=selected),
            spec=k8s.core.v1.PodSpecArgs(
                service_account_name=account.metadata.name,
                termination_grace_period_seconds=1,
                security_context=k8s.core.v1.PodSecurityContextArgs(
                    run_as_non_root=True,
                    run_as_user=65534,
                    seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
                ),
                containers=[
                    k8s.core.v1.ContainerArgs(
                        name="app",
                        image=image,
                        env_from=[
                            k8s.core.v1.EnvFromSourceArgs(
                                config_map_ref=k8s.core.v1.ConfigMapEnvSourceArgs(name=settings.metadata.name)
                            ),
                            k8s.core.v1.EnvFromSourceArgs(
                                secret_ref=k8s.core.v1.SecretEnvSourceArgs(name=password.metadata.name)
                            ),
                        ],
                        security_context=k8s.core.v1.SecurityContextArgs(
                            allow_privilege_escalation=False,
                            capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
                        ),
                    )
                ],
            ),
        ),
    ),
    # A pod that can't start is told after this time; the usual ten minutes are too long for a test.
    opts=pulumi.ResourceOptions(provider=provider, custom_timeouts=pulumi.CustomTimeouts(create="45s")),
)
