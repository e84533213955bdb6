from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from components.team import TeamSpec
from tests.unit.components import stacks


def spec(**fields: Any) -> TeamSpec:
    shipped = stacks.team_spec("recsys").model_dump()
    return TeamSpec.model_validate({**shipped, "name": "search", "features": None, "notebooks": None, **fields})


def models(*services: dict[str, Any]) -> TeamSpec:
    return spec(models=[{"model": "models:/m@champion", **service} for service in services])


def test_a_short_spec_is_enough() -> None:
    quota = {"cpu": "4", "memory": "8Gi", "pods": 40, "storage": "10Gi"}
    short = TeamSpec.model_validate(
        {"kind": "team", "name": "search", "platform": "local-platform", "images": "local", "quota": quota}
    )
    assert short == stacks.team_spec("recsys").model_copy(
        update={"name": "search", "features": None, "notebooks": None}
    )


@pytest.mark.parametrize("name", ["ab", "search", "a1-b2", "x" * 30])
def test_names_become_ids(name: str) -> None:
    assert spec(name=name).id == f"team-{name}"


@pytest.mark.parametrize("name", ["a", "x" * 31, "a-", "-a", "1a", "A", "a_b", "a.b", "", "\u0430b", "a\n"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="use 2 to 30 of a-z"):
        spec(name=name)


@pytest.mark.parametrize(
    ("quota", "fix"),
    [
        ({"cpu": "169m"}, "raise cpu to 170m or more"),
        ({"cpu": "0.16"}, "raise cpu to 170m or more"),
        ({"memory": "2111Mi"}, "raise memory to 2112Mi or more"),
        ({"memory": "2G"}, "raise memory to 2112Mi or more"),
    ],
)
def test_a_quota_that_airflow_does_not_fit_in_is_refused(quota: dict[str, str], fix: str) -> None:
    with pytest.raises(ValidationError, match=fix):
        spec(quota={**stacks.team_spec().quota.model_dump(), **quota})


@pytest.mark.parametrize("quota", [{"cpu": "170m", "memory": "2112Mi"}, {"cpu": "0.17", "memory": "3G", "pods": 2}])
def test_one_that_it_just_fits_in_will_do(quota: dict[str, object]) -> None:
    spec(quota={**stacks.team_spec().quota.model_dump(), **quota})


@pytest.mark.parametrize("parallelism", [0, 101, "8", 1.5, True])
def test_parallelism_is_a_number_that_a_small_team_can_mean(parallelism: object) -> None:
    with pytest.raises(ValidationError):
        spec(airflow={"parallelism": parallelism})


def test_a_model_service_needs_a_name_and_a_model() -> None:
    (service,) = models({"name": "keywords"}).models
    assert (service.replicas.min, service.replicas.max, service.scale_by, service.batching) == (0, 3, "requests", None)


@pytest.mark.parametrize("model", ["models:/a@b", "models:/a/3", "bento:/x.bento", "bento:/folder/x.tar"])
def test_models_are_named_as_mlflow_or_the_bucket_does(model: str) -> None:
    assert models({"name": "keywords", "model": model}).models[0].model == model


@pytest.mark.parametrize(
    ("service", "fix"),
    [
        ({"name": "a"}, "use 2 to 24 of a-z"),
        ({"name": "x" * 25}, "use 2 to 24 of a-z"),
        ({"name": "airflow-x"}, "use another name"),
        ({"name": "worker"}, "use another name"),
        ({"model": "keywords"}, "write models:/"),
        ({"model": "models:/a"}, "write models:/"),
        ({"model": "models:/a/0"}, "write models:/"),
        ({"model": "models:/a/1 "}, "write models:/"),
        ({"model": "bento:/"}, "write models:/"),
        ({"replicas": {"min": 4, "max": 3}}, "raise max to 4 or more"),
        ({"replicas": {"min": 0, "max": 0}}, "greater than or equal to 1"),
        ({"scale_by": "cpu"}, "set replicas.min to 1 or more"),
        ({"canary": {"weight": 51}}, "less than or equal to 50"),
        ({"idle_seconds": 5}, "greater than or equal to 10"),
        ({"batching": {"max_size": 0}}, "greater than or equal to 1"),
        ({"gpu": -1}, "greater than or equal to 0"),
    ],
)
def test_wrong_model_services_are_refused(service: dict[str, Any], fix: str) -> None:
    with pytest.raises(ValidationError, match=fix):
        models({"name": "keywords", **service})


def test_two_services_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="keywords is there twice"):
        models({"name": "keywords"}, {"name": "keywords"})


def test_a_quota_has_room_for_a_pod_of_each_model() -> None:
    service = {"name": "keywords", "model": "models:/m@c", "resources": {"cpu": "1", "memory": "1Gi"}}
    with pytest.raises(ValidationError, match=r"raise cpu to 1170m or more, which Airflow .* a pod of each model"):
        spec(models=[service], quota={"cpu": "1", "memory": "8Gi", "pods": 40, "storage": "1Gi"})
    spec(models=[service], quota={"cpu": "1170m", "memory": "3136Mi", "pods": 40, "storage": "1Gi"})
