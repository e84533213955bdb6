"""A bucket and an account that owns it on the foundation's object store."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.foundation.contract import Contract
from components.kubernetes.pods import SecretKey
from components.kubernetes.provision import Provision, ProvisionInputs
from components.platform import tenancy_pod
from components.platform.object_store_admin import object_store_admin


@dataclass(frozen=True)
class BucketGrantInputs:
    """What the grant needs from others."""

    contract: Contract
    image: str
    """Of tenancy."""
    secret_key: pulumi.Output[str]
    rotation: int


class BucketGrant(pulumi.ComponentResource):
    """Bucket and account, both named `bucket`; the account sees no other. Objects stay when the grant goes."""

    uri: str

    def __init__(
        self, name: str, bucket: str, inputs: BucketGrantInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:BucketGrant", name, None, opts)
        store = inputs.contract.object_store
        admin = object_store_admin(inputs.contract)
        self.uri = f"s3://{bucket}"
        Provision(
            name,
            ProvisionInputs(
                namespace=inputs.contract.admin_namespace,
                image=inputs.image,
                command=tenancy_pod.command("object-store"),
                settings={"ENDPOINT": store.endpoint, "AWS_REGION": store.region, "BUCKET": bucket},
                credentials={
                    "AWS_ACCESS_KEY_ID": SecretKey(admin.name, admin.user_key),
                    "AWS_SECRET_ACCESS_KEY": SecretKey(admin.name, admin.password_key),
                },
                secrets={"ACCOUNT_SECRET_KEY": inputs.secret_key},
                rotation=inputs.rotation,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"uri": self.uri})
