from __future__ import annotations

from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, plain


def named(resources: list[Recorded]) -> dict[str, Recorded]:
    return {
        found.type.rsplit(":", 1)[-1]: found
        for found in resources
        if found.type.startswith("kubernetes:") and found.metadata["name"] == "grafana-database"
    }


def test_without_grafana_there_is_no_second_place_for_the_password() -> None:
    assert not named(stacks.team())


def test_with_grafana_it_may_read_that_one_secret() -> None:
    found = named(stacks.team(on=stacks.platform_contract().model_copy(update={"grafana": True})))
    assert set(found) == {"Secret", "Role", "RoleBinding"}
    assert {item.metadata["namespace"] for item in found.values()} == {"team-search"}
    values = plain(found["Secret"].inputs["stringData"])
    password = values.pop("password")
    assert len(password) > 40
    assert values == {
        "host": "postgres.mlp-foundation:5432",
        "database": "team-search",
        "user": "team-search",
        "sslmode": "disable",
    }
    (rule,) = found["Role"].inputs["rules"]
    assert (rule["resources"], rule["resourceNames"], rule["verbs"]) == (["secrets"], ["grafana-database"], ["get"])
    (subject,) = found["RoleBinding"].inputs["subjects"]
    assert (subject["namespace"], subject["name"]) == ("mlp-platform", "grafana")
