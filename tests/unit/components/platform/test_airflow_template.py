from __future__ import annotations

import re

import pulumi

from components.kubernetes.images import Images
from components.platform import Platform, PlatformInputs
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, record


def job(images: Images = stacks.IMAGES) -> Recorded:
    inputs = PlatformInputs(stacks.contract(), images, pulumi.Output.secret(stacks.ROOT))
    resources = record(lambda: Platform("platform", stacks.platform_spec(), inputs))
    (found,) = [item for item in resources if item.name == "airflow-template-job"]
    return found


def variables(found: Recorded) -> dict[str, str]:
    assert found.pod
    (container,) = found.pod["spec"]["containers"]
    return {entry["name"]: entry.get("value", "") for entry in container["env"]}


def test_it_runs_airflows_image_where_the_servers_admin_is() -> None:
    found = job()
    assert found.pod
    assert found.metadata["namespace"] == "mlp-foundation"
    (container,) = found.pod["spec"]["containers"]
    assert container["image"] == stacks.IMAGES.reference("airflow")
    assert container["command"][-1] == "prepare-template"
    assert {entry["name"] for entry in container["env"] if "valueFrom" in entry} == {"PGUSER", "PGPASSWORD"}


def test_teams_are_promised_the_database_that_it_makes() -> None:
    name = variables(job())["TEMPLATE"]
    assert re.fullmatch("airflow-[0-9a-f]{12}", name)
    assert name == stacks.platform_contract().database_template


def test_another_image_is_another_database_by_another_job() -> None:
    other = Images("test", stacks.IMAGES.registry, {**stacks.IMAGES.digests, "airflow": "sha256:" + "ab" * 32})
    assert variables(job(other))["TEMPLATE"] == "airflow-" + "ab" * 6
    assert job(other).metadata["name"] != job().metadata["name"]
