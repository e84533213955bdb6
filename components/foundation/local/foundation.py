"""The foundation on a cluster that is already there: namespace, database server, object store and contract."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.foundation import contract
from components.foundation.contract import Contract
from components.foundation.local import object_store, postgres
from components.foundation.local.object_store import ObjectStore, ObjectStoreInputs
from components.foundation.local.postgres import Postgres, PostgresInputs
from components.foundation.local.spec import FoundationSpec
from components.kubernetes import objects, provision, secrets, traffic
from components.kubernetes.images import Images
from components.kubernetes.provider import provider

NAMESPACE = "mlp-foundation"


@dataclass(frozen=True)
class FoundationInputs:
    """What the foundation needs besides its spec."""

    images: Images
    root_secret: pulumi.Output[str]


def promise(spec: FoundationSpec) -> Contract:
    """What this foundation offers to the layers above; known before anything is made."""

    def admin(name: str) -> contract.SecretReference:
        return contract.SecretReference(
            namespace=NAMESPACE, name=f"{name}-admin", user_key=objects.USER_KEY, password_key=objects.PASSWORD_KEY
        )

    return Contract(
        provider="local",
        kube_context=spec.cluster.context,
        admin_namespace=NAMESPACE,
        image_registry=spec.registry.host,
        storage=contract.Storage(rwo=spec.storage.rwo, rwx=spec.storage.rwx),
        object_store=contract.ObjectStore(
            endpoint=f"http://{object_store.NAME}.{NAMESPACE}:{object_store.PORT}",
            region=object_store.REGION,
            path_style=True,
            admin=admin(object_store.NAME),
        ),
        database=contract.Database(
            host=f"{postgres.NAME}.{NAMESPACE}", port=postgres.PORT, tls=False, admin=admin(postgres.NAME)
        ),
        node_pools=(contract.NodePool(name="default", labels={}, taints=()),),
        ingress=contract.Ingress(
            class_name=spec.ingress.class_name,
            base_domain=spec.ingress.base_domain,
            scheme="http",
            port=spec.ingress.port,
            source_ranges=spec.ingress.source_ranges,
        ),
        identity="secret",
    )


class Foundation(pulumi.ComponentResource):
    """The local foundation; `contract` is what the next layers read."""

    contract: Contract

    def __init__(
        self, name: str, spec: FoundationSpec, inputs: FoundationInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:foundation:Foundation", name, None, opts)
        cluster = provider(spec.cluster.context, pulumi.ResourceOptions(parent=self))
        child = pulumi.ResourceOptions(parent=self, providers=[cluster])
        own = pulumi.ResourceOptions(parent=self, provider=cluster, retain_on_delete=spec.retain_data)
        namespace = objects.namespace(NAMESPACE, own).metadata.name
        direct = pulumi.ResourceOptions(parent=self, provider=cluster)
        traffic.deny_all(namespace, NAMESPACE, direct)
        traffic.allow(
            "provision",
            f"{NAMESPACE}-provision-traffic",
            namespace,
            {"app.kubernetes.io/component": provision.COMPONENT},
            direct,
            out=([], [traffic.tcp(postgres.PORT), traffic.tcp(object_store.PORT)]),
        )
        Postgres(
            postgres.NAME,
            spec.postgres,
            PostgresInputs(
                namespace=namespace,
                image=inputs.images.reference("postgres"),
                storage_class=spec.storage.rwo,
                password=secrets.derive(inputs.root_secret, postgres.NAME, "admin", spec.postgres.rotation),
                retain_data=spec.retain_data,
            ),
            child,
        )
        ObjectStore(
            object_store.NAME,
            spec.object_store,
            ObjectStoreInputs(
                namespace=namespace,
                image=inputs.images.reference("object-store"),
                statsd_image=inputs.images.reference("statsd-exporter"),
                storage_class=spec.storage.rwo,
                secret_key=secrets.derive(inputs.root_secret, object_store.NAME, "admin", spec.object_store.rotation),
                retain_data=spec.retain_data,
            ),
            child,
        )
        self.contract = promise(spec)
        self.register_outputs({contract.OUTPUT: self.contract.to_outputs()})
