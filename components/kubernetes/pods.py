"""Pods under the restricted pod security standard: what every container and pod has in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.restricted import USER
from components.kubernetes.spec import Resources

TMP = "/tmp"  # noqa: S108 - an emptyDir of the pod alone
PROBE_SECONDS = 5


@dataclass(frozen=True)
class SecretKey:
    """One key of a Secret in the pod's own namespace."""

    secret: pulumi.Input[str]
    key: str


def environment(plain: Mapping[str, str], secret: Mapping[str, SecretKey]) -> list[k8s.core.v1.EnvVarArgs]:
    """Environment variables by name: plain ones, and ones that the kubelet reads from Secrets."""
    known = [k8s.core.v1.EnvVarArgs(name=name, value=value) for name, value in sorted(plain.items())]
    hidden = [
        k8s.core.v1.EnvVarArgs(
            name=name,
            value_from=k8s.core.v1.EnvVarSourceArgs(
                secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(name=source.secret, key=source.key)
            ),
        )
        for name, source in sorted(secret.items())
    ]
    return known + hidden


def container_security() -> k8s.core.v1.SecurityContextArgs:
    """Nothing to gain: no root, no capability, no writing outside of mounted volumes."""
    return k8s.core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        run_as_non_root=True,
        capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
        seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def pod_security() -> k8s.core.v1.PodSecurityContextArgs:
    """Our user everywhere; volumes that can be given to a group are given to its."""
    return k8s.core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=USER,
        run_as_group=USER,
        fs_group=USER,
        fs_group_change_policy="OnRootMismatch",
        seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def http_probe(
    path: str, period: int, failures: int, port: str = "main", headers: Mapping[str, str] | None = None
) -> k8s.core.v1.ProbeArgs:
    """Asks a path of a named port every `period` seconds; so many refusals in a row count."""
    sent = [k8s.core.v1.HTTPHeaderArgs(name=name, value=value) for name, value in (headers or {}).items()]
    return k8s.core.v1.ProbeArgs(
        http_get=k8s.core.v1.HTTPGetActionArgs(path=path, port=port, http_headers=sent or None),
        period_seconds=period,
        timeout_seconds=PROBE_SECONDS,
        failure_threshold=failures,
    )


def resources(spec: Resources) -> k8s.core.v1.ResourceRequirementsArgs:
    """Memory is bound to what was asked for, so that one greedy container can't evict others; processor isn't."""
    return k8s.core.v1.ResourceRequirementsArgs(
        requests={"cpu": spec.cpu, "memory": spec.memory}, limits={"memory": spec.memory}
    )


def mount(volume: str, path: str, *, read_only: bool = False) -> k8s.core.v1.VolumeMountArgs:
    """A volume at a path."""
    return k8s.core.v1.VolumeMountArgs(name=volume, mount_path=path, read_only=True if read_only else None)


def scratch(name: str, limit: str) -> k8s.core.v1.VolumeArgs:
    """An empty folder that goes with the pod, for programs that must write somewhere."""
    return k8s.core.v1.VolumeArgs(name=name, empty_dir=k8s.core.v1.EmptyDirVolumeSourceArgs(size_limit=limit))


def files(name: str, config_map: pulumi.Input[str]) -> k8s.core.v1.VolumeArgs:
    """The files of a ConfigMap."""
    return k8s.core.v1.VolumeArgs(name=name, config_map=k8s.core.v1.ConfigMapVolumeSourceArgs(name=config_map))


def secret_files(name: str, secret: pulumi.Input[str], keys: Sequence[str]) -> k8s.core.v1.VolumeArgs:
    """Some keys of a Secret as files that the pod's group can read."""
    return k8s.core.v1.VolumeArgs(
        name=name,
        secret=k8s.core.v1.SecretVolumeSourceArgs(
            secret_name=secret,
            default_mode=0o440,
            items=[k8s.core.v1.KeyToPathArgs(key=key, path=key) for key in keys],
        ),
    )


def claimed(name: str, claim: pulumi.Input[str]) -> k8s.core.v1.VolumeArgs:
    """A persistent volume, by its claim."""
    return k8s.core.v1.VolumeArgs(
        name=name, persistent_volume_claim=k8s.core.v1.PersistentVolumeClaimVolumeSourceArgs(claim_name=claim)
    )


def one_more_first() -> k8s.apps.v1.DeploymentStrategyArgs:
    """The next pod is ready before the last one goes."""
    return k8s.apps.v1.DeploymentStrategyArgs(
        type="RollingUpdate",
        rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
    )


def template(
    labels: Mapping[str, str],
    containers: Sequence[k8s.core.v1.ContainerArgs],
    volumes: Sequence[k8s.core.v1.VolumeArgs],
    *,
    annotations: Mapping[str, str] | None = None,
    service_account: str | None = None,
    restart_policy: str = "Always",
    grace_seconds: int = 30,
    everywhere: bool = False,
) -> k8s.core.v1.PodTemplateSpecArgs:
    """A pod that gets no environment variables of other Services and, unless it has an account, no API token.

    Args:
        labels: What the pod is found by.
        containers: Those that run.
        volumes: What they mount.
        annotations: What a change of has to restart the pods.
        service_account: Whose API token it gets.
        restart_policy: As Kubernetes names it.
        grace_seconds: How long it may take to end.
        everywhere: Whether it runs on nodes that keep others away, too.
    """
    return k8s.core.v1.PodTemplateSpecArgs(
        metadata=k8s.meta.v1.ObjectMetaArgs(
            labels=dict(labels), annotations=dict(annotations) if annotations else None
        ),
        spec=k8s.core.v1.PodSpecArgs(
            service_account_name=service_account,
            automount_service_account_token=service_account is not None,
            enable_service_links=False,
            security_context=pod_security(),
            containers=list(containers),
            volumes=list(volumes),
            restart_policy=restart_policy,
            termination_grace_period_seconds=grace_seconds,
            tolerations=[k8s.core.v1.TolerationArgs(operator="Exists")] if everywhere else None,
        ),
    )
