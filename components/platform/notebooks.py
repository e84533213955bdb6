"""JupyterHub: signs people in, and runs their notebooks in the namespaces of teams that let it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.foundation.contract import Contract, NodePool
from components.kubernetes import ingress, kinds, objects, secrets, traffic
from components.kubernetes import labels as label
from components.kubernetes.access import Account, Rule, grant, grant_everywhere
from components.kubernetes.labels import GROUP
from components.kubernetes.pods import SecretKey
from components.platform import notebooks_kind, notebooks_pod
from components.platform.contract import NotebookProfile, Notebooks
from components.platform.database_grant import DatabaseGrant, DatabaseGrantInputs
from components.platform.notebooks_admission import NotebookAdmission
from components.platform.notebooks_pod import ACCOUNT, API_PORT, METRICS_PORT, NAME, PEOPLE, PORT, TOOL
from components.platform.notebooks_spec import NotebooksSpec, ProfileSpec


@dataclass(frozen=True)
class HubInputs:
    """What the hub needs from others."""

    contract: Contract
    namespace: pulumi.Input[str]
    namespace_name: str
    """The same name, known before the namespace is made."""
    image: str
    tenancy_image: str
    """What gives it its database."""
    root_secret: pulumi.Output[str]


def cluster_rules() -> list[Rule]:
    """NotebookTeams of every namespace. What it makes for one, its team lets it make."""
    return [Rule(api_groups=[GROUP], resources=[notebooks_kind.PLURAL], verbs=["get", "list", "watch"])]


def own_rules() -> list[Rule]:
    """The one Secret with people's passwords, which it follows: whoever is taken out of the spec is out at once."""
    return [Rule(api_groups=[""], resources=["secrets"], resource_names=[PEOPLE], verbs=["get", "list", "watch"])]


def people_keys(spec: NotebooksSpec, root: pulumi.Output[str]) -> dict[str, pulumi.Input[str]]:
    """Passwords by name."""
    return {one.name: secrets.derive(root, "person", one.name, one.rotation) for one in spec.people}


class Hub(pulumi.ComponentResource):
    """Kind NotebookTeam, database, Secrets, rights, Deployment, Service, ingress route and network policies."""

    address: str
    credentials: dict[str, str]

    def __init__(
        self, name: str, spec: NotebooksSpec, inputs: HubInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:Hub", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = label.labels(NAME, "notebooks"), label.selector(NAME, "notebooks")

        def derived(purpose: str) -> pulumi.Output[str]:
            return secrets.derive(inputs.root_secret, NAME, purpose, spec.rotation)

        database = DatabaseGrant(
            f"{name}-database",
            NAME,
            DatabaseGrantInputs(inputs.contract, inputs.tenancy_image, derived("database"), spec.rotation),
            child,
        )
        people = objects.secret(PEOPLE, labels, inputs.namespace, people_keys(spec, inputs.root_secret), child)
        keys = objects.secret(
            f"{name}-keys",
            labels,
            inputs.namespace,
            {"database-password": derived("database"), "cookie-key": derived("cookie"), "proxy-key": derived("proxy")},
            child,
        )
        hidden = {
            "PGPASSWORD": SecretKey(keys.metadata.name, "database-password"),
            "COOKIE_KEY": SecretKey(keys.metadata.name, "cookie-key"),
            "PROXY_KEY": SecretKey(keys.metadata.name, "proxy-key"),
        }
        rights = _rights(name, labels, inputs.namespace, child)
        admission = NotebookAdmission(f"{name}-admission", child)
        plain = notebooks_pod.settings(spec, inputs.contract, inputs.namespace_name, database.uri)
        k8s.apps.v1.Deployment(
            f"{name}-server",
            metadata=objects.metadata(NAME, labels, inputs.namespace),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=1,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector),
                # Never two: each would stop what the other doesn't know of. Notebooks and sessions outlive it.
                strategy=k8s.apps.v1.DeploymentStrategyArgs(type="Recreate"),
                template=notebooks_pod.template(labels, inputs.image, spec, plain, hidden),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[database, people, admission, *rights]),
        )
        more = {"api": API_PORT, "metrics": METRICS_PORT}
        service = objects.service(NAME, labels, inputs.namespace, selector, PORT, child, more)
        entry = inputs.contract.ingress
        self.address = entry.address(TOOL)
        self.credentials = {
            "namespace": inputs.namespace_name,
            "secret": PEOPLE,
            "people": ",".join(one.name for one in spec.people),
        }
        ingress.route(NAME, labels, inputs.namespace, entry.class_name, entry.host(TOOL), service, child)
        _network(name, inputs, selector, child)
        self.register_outputs({"address": self.address})


def _rights(
    name: str, labels: Mapping[str, str], namespace: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    account = k8s.core.v1.ServiceAccount(
        f"{name}-account",
        metadata=objects.metadata(ACCOUNT, labels, namespace),
        automount_service_account_token=False,
        opts=opts,
    )
    kind = kinds.kind(
        f"{name}-kind",
        kinds.Kind(
            notebooks_kind.KIND,
            notebooks_kind.PLURAL,
            notebooks_kind.VERSION,
            notebooks_kind.schema(),
            notebooks_kind.columns(),
        ),
        labels,
        opts,
    )
    hub = Account(namespace, account.metadata.name)
    return [
        kind,
        grant_everywhere(f"{name}-teams", "mlplatform-hub", labels, cluster_rules(), hub, opts),
        grant(f"{name}-people", NAME, labels, namespace, own_rules(), hub, opts),
    ]


def _network(name: str, inputs: HubInputs, selector: Mapping[str, str], opts: pulumi.ResourceOptions) -> None:
    """People come by the ingress controller, notebooks to the API; it goes to notebooks, database and API server."""
    contract = inputs.contract
    traffic.allow(
        NAME,
        f"{name}-traffic",
        inputs.namespace,
        selector,
        opts,
        into=(traffic.addresses(contract.ingress.source_ranges), [traffic.tcp(PORT)]),
        out=(
            [],
            [traffic.tcp(port) for port in (*traffic.API_PORTS, contract.database.port, notebooks_pod.NOTEBOOK_PORT)],
        ),
    )
    traffic.allow(
        f"{NAME}-api",
        f"{name}-api-traffic",
        inputs.namespace,
        selector,
        opts,
        into=([traffic.platform_pods()], [traffic.tcp(API_PORT), traffic.tcp(METRICS_PORT)]),
    )


def promise(spec: NotebooksSpec, contract: Contract, namespace: str) -> Notebooks:
    """What teams are promised."""
    return Notebooks(
        namespace=namespace,
        service_account=ACCOUNT,
        api_port=API_PORT,
        people=tuple(one.name for one in spec.people),
        profiles=tuple(profile(one, contract.node_pools) for one in spec.profiles),
    )


def profile(spec: ProfileSpec, pools: tuple[NodePool, ...]) -> NotebookProfile:
    """A profile, with the nodes that it runs on."""
    there = {pool.name: pool for pool in pools}
    if spec.pool is not None and spec.pool not in there:
        raise pulumi.RunError(
            f"notebooks.profiles: pool of {spec.name} is {spec.pool!r}, which the foundation hasn't got\n"
            f"  fix: use one of {', '.join(sorted(there))}"
        )
    pool = there[spec.pool] if spec.pool is not None else None
    return NotebookProfile(
        name=spec.name,
        title=spec.title,
        image=spec.image,
        cpu=spec.cpu,
        memory=spec.memory,
        gpu=spec.gpu,
        node_labels=dict(pool.labels) if pool else {},
        taints=pool.taints if pool else (),
    )
