"""The shipped stacks as the unit tests see them: recorded once, with a root secret and images of their own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pulumi

from components.foundation.contract import Contract
from components.foundation.local import Foundation, FoundationInputs, FoundationSpec
from components.foundation.local.foundation import promise
from components.kubernetes.images import Images
from components.platform import Platform, PlatformInputs, PlatformSpec, notebooks
from components.platform.contract import PlatformContract
from components.platform.platform import promise as platform_promise
from components.team import Team, TeamInputs, TeamSpec
from stacks.spec import load
from tests.unit.components.recorded import Recorded, record

STACKS = Path(__file__).resolve().parents[3] / "stacks"
ROOT = "a-root-secret-for-tests-alone-000"
IMAGES = Images(
    "test",
    "registry.test:5000",
    {
        name: f"sha256:{n:064x}"
        for n, name in enumerate(
            (
                "postgres",
                "object-store",
                "mlflow",
                "git",
                "tenancy",
                "airflow",
                "airflow-worker",
                "statsd-exporter",
                "modelservice",
                "serving",
                "monitoring",
                "tuning",
                "jupyterhub",
                "notebook-small",
                "feast",
            ),
            1,
        )
    },
)


def foundation_spec() -> FoundationSpec:
    """The shipped one."""
    spec = load(STACKS / "local-foundation.yaml")
    assert isinstance(spec, FoundationSpec)
    return spec


def platform_spec() -> PlatformSpec:
    """The shipped one."""
    spec = load(STACKS / "local-platform.yaml")
    assert isinstance(spec, PlatformSpec)
    return spec


def contract() -> Contract:
    """Of the shipped foundation."""
    return promise(foundation_spec())


def foundation(spec: FoundationSpec | None = None) -> list[Recorded]:
    """What the local foundation registers."""
    return record(
        lambda: Foundation(
            "foundation", spec or foundation_spec(), FoundationInputs(IMAGES, pulumi.Output.secret(ROOT))
        )
    )


def platform(spec: PlatformSpec | None = None, on: Contract | None = None) -> list[Recorded]:
    """What the platform registers."""
    return record(
        lambda: Platform(
            "platform", spec or platform_spec(), PlatformInputs(on or contract(), IMAGES, pulumi.Output.secret(ROOT))
        )
    )


def team_spec(name: str = "search") -> TeamSpec:
    """A shipped one."""
    spec = load(STACKS / f"local-team-{name}.yaml")
    assert isinstance(spec, TeamSpec)
    return spec


def platform_contract() -> PlatformContract:
    """Of the shipped platform."""
    spec, on = platform_spec(), contract()
    hub = notebooks.promise(spec.notebooks, on, "mlp-platform") if spec.notebooks else None
    return platform_promise(PlatformInputs(on, IMAGES, pulumi.Output.secret(ROOT)), hub=hub)


def team(spec: TeamSpec | None = None, on: PlatformContract | None = None, root: str = ROOT) -> list[Recorded]:
    """What a team registers."""
    wanted = spec or team_spec()
    inputs = TeamInputs(on or platform_contract(), IMAGES, pulumi.Output.secret(root))
    return record(lambda: Team(wanted.id, wanted, inputs))


@cache
def shipped() -> tuple[Recorded, ...]:
    """What the shipped stacks register, with one team for all."""
    return (*foundation(), *platform(), *team())
