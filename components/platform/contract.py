"""What the platform promises to teams: the foundation's contract, and where the shared tools are.

The platform's stack exports it as the output `platform`; a team's stack reads nothing else. It carries no secret.
"""

from __future__ import annotations

from typing import Literal

from components.foundation.contract import Contract, Part, Promise, Taint

OUTPUT = "platform"
CHECK_PORT = 8794
"""Where a team's Airflow says whether a push is right: the git server reaches no other port of a team."""
MODEL_PORT = 3000
"""Where a model pod answers."""


ALERTS_ACCOUNT = "alertmanager"
"""Service account in the platform's namespace that reads where a team wants its alerts (ConfigMap alert-route)."""
GRAFANA_ACCOUNT = "grafana"
"""Service account in the platform's namespace that reads what signs in to a team's database (grafana-database)."""


class Controller(Part):
    """Who makes a team's part of each shared tool."""

    namespace: str
    """Where it runs."""
    service_account: str
    """Who it is: a team lets it read the one Secret that its Tenant names."""


class ServingController(Part):
    """Who scales, tries and routes a team's models."""

    namespace: str
    """Where it runs."""
    service_account: str
    """Who it is: a team lets it make pods and routes of its models."""
    port: int
    """Where it takes requests that no model pod can be given directly."""


class NotebookProfile(Part):
    """A size of notebook to choose."""

    name: str
    """What programs call it."""
    title: str
    """What people read."""
    image: str
    """Which image of the team's release."""
    cpu: str
    """Processor that is kept free for it."""
    memory: str
    """Memory that it may use."""
    gpu: int
    """GPUs of its own."""
    node_labels: dict[str, str]
    """What selects its nodes; empty selects all."""
    taints: tuple[Taint, ...]
    """What it bears."""


class Notebooks(Part):
    """JupyterHub, which runs notebooks in the namespaces of teams."""

    namespace: str
    """Where it runs."""
    service_account: str
    """Who it is: a team lets it make pods and volumes of notebooks."""
    api_port: int
    """Where notebooks ask it."""
    people: tuple[str, ...]
    """Who may sign in; a team chooses its own among them."""
    profiles: tuple[NotebookProfile, ...]
    """Sizes to choose."""


class FeatureRegistryAddress(Part):
    """Where it is known what features there are, for pods."""

    uri: str
    """Its HTTP: who a key is, what it may read."""
    grpc: str
    """Host and port for Feast's clients."""


class PlatformContract(Promise):
    """What every team stack stands on."""

    output = OUTPUT

    version: Literal[1] = 1
    """Raised when a field changes its meaning; teams take only versions that they know."""
    foundation: Contract
    """What the platform itself stands on: database, object store, registry, ingress."""
    namespace: str
    """Where the shared tools run."""
    tracking_uri: str
    """MLflow, for pods: without a final slash."""
    repositories_uri: str
    """The git server, for pods: a team's repository is at <repositories_uri>/team-<name>.git."""
    repositories_address: str
    """The same server, for people."""
    database_template: str
    """Database that a team's Airflow starts from, migrated by the same image: airflow-<12 digits of its digest>."""
    controller: Controller
    """The tenancy controller."""
    serving: ServingController
    """The serving controller."""
    features: FeatureRegistryAddress
    """The registry of all teams' features."""
    grafana: bool = False
    """Whether Grafana runs, which shows what is in a team's database."""
    notebooks: Notebooks | None = None
    """JupyterHub; none where the platform has none."""


def database_template(airflow: str) -> str:
    """The template that belongs to an Airflow image, given by digest: another image, another database."""
    return f"airflow-{airflow.rpartition(':')[2][:12]}"
