from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pydantic import ValidationError

from components.kubernetes.images import Images
from components.platform.contract import Notebooks
from components.team import TeamSpec, notebooks
from components.team.notebooks_spec import NotebooksSpec
from images.jupyterhub.mlplatform_hub.directory import teams
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded


def hub() -> Notebooks:
    found = stacks.platform_contract().notebooks
    assert found
    return found


def one(kind: str, name: str, resources: list[Recorded] | None = None) -> Recorded:
    (item,) = [
        item for item in resources or stacks.team() if item.type.endswith(f":{kind}") and item.metadata["name"] == name
    ]
    return item


def test_the_hub_reads_a_team_of_what_the_stack_makes() -> None:
    made = one("NotebookTeam", "team-search")
    found, wrong = teams([{"metadata": made.metadata, "spec": made.inputs["spec"]}])
    assert wrong == []
    team = found["search"]
    assert team.people == {"ada", "alan"}
    assert [profile.name for profile in team.profiles] == ["small"]
    assert team.profiles[0].image.startswith("registry.test:5000/mlplatform/notebook-small@sha256:")
    assert (team.shared_claim, team.service_account, team.secrets) == ("team-shared", "notebook", ("worker-keys",))


def test_the_hub_may_read_no_secret_and_remove_those_of_its_notebooks_alone() -> None:
    rules: list[dict[str, Any]] = one("Role", "hub").inputs["rules"]
    secrets = [rule for rule in rules if rule["resources"] == ["secrets"]]
    assert [(rule["verbs"], rule.get("resourceNames")) for rule in secrets] == [
        (["create"], None),
        (["delete"], ["notebook-ada", "notebook-alan"]),
    ]
    claims = [rule["verbs"] for rule in rules if rule["resources"] == ["persistentvolumeclaims"]]
    assert claims == [["create", "get"]], "it never removes a home"
    binding = one("RoleBinding", "hub").inputs["subjects"]
    assert binding == [{"kind": "ServiceAccount", "name": "hub", "namespace": "mlp-platform"}]


def test_the_shared_volume_is_for_many_where_there_is_a_class_for_it() -> None:
    spec = one("PersistentVolumeClaim", "team-shared").inputs["spec"]
    assert (spec["accessModes"], spec["storageClassName"]) == (["ReadWriteMany"], "shared")
    on = stacks.platform_contract()
    storage = on.foundation.storage.model_copy(update={"rwx": None})
    without = on.model_copy(update={"foundation": on.foundation.model_copy(update={"storage": storage})})
    spec = one("PersistentVolumeClaim", "team-shared", stacks.team(on=without)).inputs["spec"]
    assert (spec["accessModes"], spec["storageClassName"]) == (["ReadWriteOnce"], "standard")


def test_without_notebooks_the_hub_has_no_business_there() -> None:
    resources = stacks.team(stacks.team_spec().model_copy(update={"notebooks": None}))
    assert not [item for item in resources if item.type.endswith(("NotebookTeam", "PersistentVolumeClaim"))]
    assert "hub" not in {item.metadata["name"] for item in resources if item.type.endswith(":RoleBinding")}


def test_people_that_the_platform_does_not_know_are_told() -> None:
    spec = NotebooksSpec(people=("ada", "mallory"))
    with pytest.raises(pulumi.RunError, match="'mallory' isn't known to local-platform\n  fix: add the name"):
        notebooks.check_people(spec, hub(), "local-platform")
    with pytest.raises(pulumi.RunError, match="local-platform has none\n  fix: add `notebooks`"):
        notebooks.check_people(spec, None, "local-platform")


def test_profiles_are_those_that_are_wanted_and_whose_image_is_there() -> None:
    small = Images("r", "registry", {"notebook-small": "sha256:0"})
    both = Images("r", "registry", {"notebook-small": "sha256:0", "notebook": "sha256:1"})

    def names(images: Images, *chosen: str) -> list[str]:
        spec = NotebooksSpec(people=("ada",), profiles=chosen)
        return [profile["name"] for profile in notebooks.profiles(spec, hub().profiles, images)]

    assert names(small) == ["small"]
    assert names(both) == ["small", "frameworks"]
    assert names(both, "frameworks") == ["frameworks"]
    with pytest.raises(pulumi.RunError, match="no image of any profile"):
        names(small, "frameworks")
    with pytest.raises(pulumi.RunError, match="no profile 'huge'\n  fix: use some of small, frameworks"):
        names(both, "huge")


def test_volumes_fit_into_the_quota() -> None:
    raw = stacks.team_spec().model_dump()
    raw["quota"]["storage"] = "3Gi"
    TeamSpec.model_validate(raw)
    raw["quota"]["storage"] = "2Gi"
    with pytest.raises(ValidationError, match="raise storage to 3072Mi or more"):
        TeamSpec.model_validate(raw)


def test_nobody_is_named_twice() -> None:
    with pytest.raises(ValidationError, match="ada is there twice"):
        NotebooksSpec(people=("ada", "ada"))
