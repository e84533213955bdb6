"""A team's notebooks: who has one, what is in it, and what the hub and the notebooks themselves may do here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.foundation.contract import Storage, Taint
from components.kubernetes import labels as label
from components.kubernetes import objects, traffic
from components.kubernetes.access import Account, Rule, grant
from components.kubernetes.images import Images
from components.platform import notebooks_kind
from components.platform.contract import NotebookProfile, Notebooks, PlatformContract
from components.platform.notebooks_pod import NOTEBOOK_PORT
from components.team.names import FEATURE_KEYS, FEATURE_STORE, NOTEBOOK, TEAM_SHARED, WORKER_KEYS
from components.team.notebooks_spec import NotebooksSpec

FEAST = "/etc/feast"
HUB = "hub"


@dataclass(frozen=True)
class TeamNotebooksInputs:
    """What they need from others."""

    platform: PlatformContract
    namespace: pulumi.Input[str]
    namespace_name: str
    """The same name, known before the namespace is made."""
    images: Images


def hub_rules(people: Sequence[str]) -> list[Rule]:
    """What the hub does: a pod and a home for a person, and the token that the pod proves itself with.

    It can read no Secret. It makes and removes those of notebooks alone: `delete` is bound to their names; `create`
    can't be bound to names, and gives nothing that it hasn't got.
    """
    own = sorted(f"{NOTEBOOK}-{person}" for person in people)
    return [
        Rule(api_groups=[""], resources=["pods"], verbs=["create", "delete", "get", "list", "watch"]),
        Rule(api_groups=[""], resources=["events"], verbs=["get", "list", "watch"]),
        Rule(api_groups=[""], resources=["persistentvolumeclaims"], verbs=["create", "get"]),
        Rule(api_groups=[""], resources=["secrets"], verbs=["create"]),
        Rule(api_groups=[""], resources=["secrets"], resource_names=own, verbs=["delete"]),
    ]


def notebook_rules() -> list[Rule]:
    """What Spark does from a notebook. Which pods it may make and delete, an admission policy of the platform says."""
    verbs = ["create", "delete", "deletecollection", "get", "list", "watch"]
    return [Rule(api_groups=[""], resources=["pods"], verbs=verbs)]


def profiles(spec: NotebooksSpec, offered: Sequence[NotebookProfile], images: Images) -> list[dict[str, Any]]:
    """Those that the team wants and whose images its release has, as the hub reads them.

    Raises:
        pulumi.RunError: There is no such profile, or no image of any.
    """
    names = [one.name for one in offered]
    if missing := sorted(set(spec.profiles) - set(names)):
        raise pulumi.RunError(
            f"notebooks.profiles: the platform has no profile {missing[0]!r}\n  fix: use some of {', '.join(names)}"
        )
    wanted = [one for one in offered if not spec.profiles or one.name in spec.profiles]
    found = [_profile(one, images.reference(one.image)) for one in wanted if one.image in images.digests]
    if not found:
        needed = sorted({one.image for one in wanted})
        raise pulumi.RunError(
            f"release {images.release} has no image of any profile of notebooks: {', '.join(needed)}\n"
            f"  fix: run `mlp images {needed[0]}`"
        )
    return found


def _profile(one: NotebookProfile, image: str) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "image": image,
        "cpu": one.cpu,
        "memory": one.memory,
        "gpu": one.gpu,
        "nodeSelector": one.node_labels,
        "tolerations": [_toleration(taint) for taint in one.taints],
    }


def _toleration(taint: Taint) -> dict[str, str]:
    return {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect}


def wanted(spec: NotebooksSpec, storage: Storage, chosen: list[dict[str, Any]]) -> dict[str, Any]:
    """`spec` of the NotebookTeam."""
    return {
        "people": sorted(spec.people),
        "profiles": chosen,
        "home": spec.home,
        "storageClass": storage.rwo,
        "sharedClaim": TEAM_SHARED,
        "serviceAccount": NOTEBOOK,
        "environment": [{"name": "FEAST_FS_YAML_FILE_PATH", "value": f"{FEAST}/feature_store.yaml"}],
        "secrets": [WORKER_KEYS],
        "optionalSecrets": [FEATURE_KEYS],
        "files": [{"folder": FEAST, "configMap": FEATURE_STORE}],
    }


def check_people(spec: NotebooksSpec, hub: Notebooks | None, stack: str) -> Notebooks:
    """The platform's hub, as it is now, has to know who the team names.

    Raises:
        pulumi.RunError: It doesn't, or there is none.
    """
    if hub is None:
        raise pulumi.RunError(
            f"notebooks: {stack} has none\n  fix: add `notebooks` to stacks/{stack}.yaml and bring it up"
        )
    if unknown := sorted(set(spec.people) - set(hub.people)):
        raise pulumi.RunError(
            f"notebooks.people: {unknown[0]!r} isn't known to {stack}\n"
            f"  fix: add the name to notebooks.people of stacks/{stack}.yaml and bring it up, "
            f"or name some of {', '.join(hub.people)}"
        )
    return hub


class TeamNotebooks(pulumi.ComponentResource):
    """Service account, rights, the shared volume, network policy, and the NotebookTeam that the hub follows."""

    def __init__(
        self,
        name: str,
        spec: NotebooksSpec,
        hub: Notebooks,
        inputs: TeamNotebooksInputs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("mlplatform:team:Notebooks", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels = label.labels(NOTEBOOK, "access")
        foundation = inputs.platform.foundation
        account = k8s.core.v1.ServiceAccount(
            f"{NOTEBOOK}-account",
            metadata=objects.metadata(NOTEBOOK, label.labels(NOTEBOOK, "account"), inputs.namespace),
            automount_service_account_token=False,
            opts=child,
        )
        own, server = Account(inputs.namespace, NOTEBOOK), Account(hub.namespace, hub.service_account)
        rights = [
            grant(NOTEBOOK, NOTEBOOK, labels, inputs.namespace, notebook_rules(), own, child),
            grant(HUB, HUB, labels, inputs.namespace, hub_rules(spec.people), server, child),
        ]
        # Who takes notebooks out of the spec doesn't mean to lose files: the volume goes with the namespace alone.
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        many = foundation.storage.rwx
        shared = objects.claim(
            TEAM_SHARED,
            label.labels(TEAM_SHARED, "notebooks"),
            inputs.namespace,
            many or foundation.storage.rwo,
            spec.shared,
            kept,
            # Without such a class: pods of one node can share a volume of one node.
            mode="ReadWriteMany" if many else "ReadWriteOnce",
        )
        _network(inputs, hub, child)
        k8s.apiextensions.CustomResource(
            f"{name}-team",
            api_version=f"{label.GROUP}/{notebooks_kind.VERSION}",
            kind=notebooks_kind.KIND,
            metadata=objects.metadata(
                inputs.namespace_name, label.labels(inputs.namespace_name, "notebooks"), inputs.namespace
            ),
            spec=wanted(spec, foundation.storage, profiles(spec, hub.profiles, inputs.images)),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[account, shared, *rights]),
        )
        self.register_outputs({})


def _network(inputs: TeamNotebooksInputs, hub: Notebooks, opts: pulumi.ResourceOptions) -> None:
    """The hub comes in; notebooks go to the hub, to each other (Spark), to features, database and API server."""
    selector: Mapping[str, str] = {"app.kubernetes.io/name": NOTEBOOK}
    platform = traffic.pods_of(hub.namespace)
    own = k8s.networking.v1.NetworkPolicyPeerArgs(
        pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=dict(selector))
    )
    everything = traffic.Port(protocol="TCP")
    ports = [traffic.tcp(port) for port in (inputs.platform.foundation.database.port, *traffic.API_PORTS)]
    ways: dict[str, dict[str, Any]] = {
        f"{NOTEBOOK}-hub": {
            "into": ([platform], [traffic.tcp(NOTEBOOK_PORT)]),
            "out": ([platform], [traffic.tcp(hub.api_port)]),
        },
        f"{NOTEBOOK}-own": {
            "into": ([own], [everything]),
            "out": ([traffic.pods_of(inputs.namespace_name)], [everything]),
        },
        f"{NOTEBOOK}-out": {"out": ([], ports)},
    }
    for name, way in ways.items():
        traffic.allow(name, f"{name}-traffic", inputs.namespace, selector, opts, **way)
