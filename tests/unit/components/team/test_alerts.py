from __future__ import annotations

from components.team import TeamSpec
from images.monitoring.monitoring import alert_routes, teams
from tests.support.alert_route import routed
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded

URL = "https://hooks.example.com/search"


def wanted() -> TeamSpec:
    return TeamSpec.model_validate({**stacks.team_spec().model_dump(), "alerts": {"webhook": URL}})


def of_alerts(resources: list[Recorded]) -> dict[str, Recorded]:
    return {
        item.type.rsplit(":", 1)[-1]: item
        for item in resources
        if item.type.startswith("kubernetes:") and item.metadata["name"] == "alert-route"
    }


def test_nobody_is_told_by_default() -> None:
    assert not of_alerts(stacks.team())


def test_where_alerts_go_is_where_the_image_looks() -> None:
    found = of_alerts(stacks.team(wanted()))
    config = found["ConfigMap"]
    assert config.metadata["name"] == alert_routes.CONFIG_MAP
    assert config.metadata["namespace"] == "team-search"
    assert config.metadata["labels"][alert_routes.WANTED] == "true"
    assert config.inputs["data"] == {"webhook": URL}
    (namespace,) = (item for item in stacks.team() if item.type.endswith(":Namespace"))
    assert namespace.metadata["labels"][teams.TEAM] == "search"


def test_end_to_end_tests_make_the_same() -> None:
    found = of_alerts(stacks.team(wanted()))
    for item in routed("team-search", URL):
        recorded = found[item["kind"]].inputs
        assert recorded["metadata"]["name"] == item["metadata"]["name"]
        assert item["metadata"].get("labels", {}).items() <= recorded["metadata"]["labels"].items()
        for part in ("data", "rules", "subjects"):
            assert recorded.get(part) == item.get(part)


def test_alertmanager_may_read_it_and_nothing_else() -> None:
    found = of_alerts(stacks.team(wanted()))
    (rule,) = found["Role"].inputs["rules"]
    assert rule == {
        "apiGroups": [""],
        "resources": ["configmaps"],
        "resourceNames": ["alert-route"],
        "verbs": ["get"],
    }
    (subject,) = found["RoleBinding"].inputs["subjects"]
    assert subject == {"kind": "ServiceAccount", "name": "alertmanager", "namespace": "mlp-platform"}
