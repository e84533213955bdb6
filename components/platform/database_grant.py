"""A role and a database of its own on the foundation's database server."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.foundation.contract import Contract
from components.kubernetes.provision import Provision, ProvisionInputs
from components.platform import database_admin, tenancy_pod


@dataclass(frozen=True)
class DatabaseGrantInputs:
    """What the grant needs from others."""

    contract: Contract
    image: str
    """Of tenancy."""
    password: pulumi.Output[str]
    rotation: int


class DatabaseGrant(pulumi.ComponentResource):
    """Role and database, both named `role`. Data stays when the grant goes: it belongs to the server's volume."""

    uri: str
    """For SQLAlchemy, with the driver (2.1 would take another one) and without the password, which is in PGPASSWORD."""

    def __init__(
        self, name: str, role: str, inputs: DatabaseGrantInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:DatabaseGrant", name, None, opts)
        server = inputs.contract.database
        self.uri = f"postgresql+psycopg2://{role}@{server.place(role)}"
        Provision(
            name,
            ProvisionInputs(
                namespace=inputs.contract.admin_namespace,
                image=inputs.image,
                command=tenancy_pod.command("database"),
                settings={**database_admin.settings(server), "ROLE": role},
                credentials=database_admin.credentials(server),
                secrets={"ROLE_PASSWORD": inputs.password},
                rotation=inputs.rotation,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"uri": self.uri})
