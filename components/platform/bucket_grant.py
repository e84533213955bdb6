"""A bucket and an account that owns it on the foundation's object store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi

from components.foundation.contract import Contract
from components.kubernetes.pods import SecretKey
from components.kubernetes.provision import Provision, ProvisionInputs

SCRIPT = Path(__file__).parent / "scripts" / "bucket_grant.py"


@dataclass(frozen=True)
class BucketGrantInputs:
    """What the grant needs from others."""

    contract: Contract
    image: str
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
        if store.admin is None:
            raise pulumi.RunError(
                f"foundation {inputs.contract.provider} has no object store admin\n"
                "  fix: use a foundation whose identity is 'secret'"
            )
        self.uri = f"s3://{bucket}"
        Provision(
            name,
            ProvisionInputs(
                namespace=inputs.contract.admin_namespace,
                image=inputs.image,
                script=SCRIPT,
                settings={"ENDPOINT": store.endpoint, "AWS_REGION": store.region, "BUCKET": bucket},
                credentials={
                    "AWS_ACCESS_KEY_ID": SecretKey(store.admin.name, store.admin.user_key),
                    "AWS_SECRET_ACCESS_KEY": SecretKey(store.admin.name, store.admin.password_key),
                },
                secrets={"ACCOUNT_SECRET_KEY": inputs.secret_key},
                rotation=inputs.rotation,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"uri": self.uri})
