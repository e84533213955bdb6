"""The database that each team's Airflow starts from: migrated once, copied in an instant."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.foundation.contract import Contract
from components.kubernetes.provision import Provision, ProvisionInputs
from components.kubernetes.spec import Resources
from components.platform import database_admin
from components.platform.contract import database_template

NAME = "airflow-template"
RESOURCES = Resources(cpu="100m", memory="1Gi")
"""Migrations load all of Airflow."""


@dataclass(frozen=True)
class AirflowTemplateInputs:
    """Where the database server is, and what migrates."""

    contract: Contract
    image: str


def provision_inputs(inputs: AirflowTemplateInputs) -> ProvisionInputs:
    """What the Job runs (images/airflow/README.md): another image is another Job and another database."""
    server = inputs.contract.database
    return ProvisionInputs(
        namespace=inputs.contract.admin_namespace,
        image=inputs.image,
        command=["/usr/local/bin/entrypoint", "prepare-template"],
        settings={**database_admin.settings(server), "TEMPLATE": database_template(inputs.image)},
        credentials=database_admin.credentials(server),
        resources=RESOURCES,
    )


def airflow_template(inputs: AirflowTemplateInputs, opts: pulumi.ResourceOptions) -> Provision:
    """Runs where the admin's Secret is. Ready when the template is, so that a team made next finds it."""
    return Provision(NAME, provision_inputs(inputs), opts)
