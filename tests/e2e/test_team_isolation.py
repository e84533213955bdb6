"""What a team tries at the other team's and at the platform's things is refused; the same at its own is allowed.

One table (tests/support/attempts) is run with both, so that no refusal has another cause than whose thing it is. The
attempts are real: with the team's own credentials and service accounts, against the real tools, and from inside of its
pods over the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.e2e.conftest import Teams
from tests.support import pods, sql
from tests.support.attempts import beyond
from tests.support.attempts.attempt import Attacker, Attempt, Target
from tests.support.attempts.table import ATTEMPTS
from tests.support.cluster import Cluster
from tests.support.members import member
from tests.support.reach import OPEN, REFUSED, reach
from tests.support.refused import Refused
from tests.support.service_account import ServiceAccount
from tests.support.teams import Team, mlflow_site, open_team
from tests.support.traces import Traces, leave

REFUSALS = [
    pytest.param(attempt, target, id=f"{attempt.name}-of-{target}") for attempt in ATTEMPTS for target in attempt.at
]


@pytest.fixture(scope="module")
def recsys(teams: Teams, cluster: Cluster, ingress: str) -> Team:
    return open_team(cluster, teams.recsys, ingress)


@pytest.fixture(scope="module")
def attacker(recsys: Team, cluster: Cluster, ingress: str, tmp_path_factory: pytest.TempPathFactory) -> Attacker:
    folder = tmp_path_factory.mktemp("tokens")
    return Attacker(
        cluster,
        recsys,
        mlflow_site(ingress),
        scheduler=ServiceAccount(cluster, recsys.name, "airflow", folder),
        member=member(cluster, recsys.name, folder),
        image=pods.image_of(cluster, recsys.name),
    )


@pytest.fixture(scope="module")
def targets(teams: Teams, recsys: Team, cluster: Cluster, ingress: str) -> dict[str, Target]:
    """Whose things there are, each team's with something in every tool."""
    search = open_team(cluster, teams.search, ingress)
    return {
        "itself": of_team(recsys, leave(recsys)),
        "search": of_team(search, leave(search)),
        "platform": Target(
            namespace="mlp-platform",
            role="mlflow",
            database="mlflow",
            bucket="mlflow",
            user="examples",
            workspace="examples",
            secret="mlflow-admin",
            pod=pods.running(cluster, "mlp-platform", "mlflow"),
            container="mlflow",
            service_account="tenancy",
        ),
        "server": Target(
            namespace="mlp-foundation",
            role="postgres",
            database="postgres",
            bucket="",
            user="admin",
            workspace="default",
        ),
    }


def of_team(team: Team, traces: Traces) -> Target:
    name = team.name
    return Target(
        namespace=name,
        role=name,
        database=name,
        bucket=name,
        user=name,
        workspace=name,
        team=team,
        experiment=traces.experiment,
        model=traces.model,
        artifact=traces.artifact,
        key=traces.key,
        pod=pods.running(team.cluster, name, "airflow"),
    )


@pytest.mark.timeout(60, func_only=True)
@pytest.mark.parametrize(("attempt", "target"), REFUSALS)
def test_refused(attempt: Attempt, target: str, attacker: Attacker, targets: dict[str, Target]) -> None:
    with pytest.raises(Refused) as told:
        attempt.act(attacker, targets[target])
    assert re.search(attempt.refusal, str(told.value), re.DOTALL), f"refused for another reason: {told.value}"


@pytest.mark.timeout(60, func_only=True)
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_allowed_on_its_own(attempt: Attempt, attacker: Attacker, targets: dict[str, Target]) -> None:
    attempt.act(attacker, targets["itself"])


@pytest.mark.timeout(60, func_only=True)
@pytest.mark.parametrize("attempt", beyond.ATTEMPTS, ids=lambda attempt: attempt.name)
def test_refused_to_every_team(attempt: Attempt, attacker: Attacker, targets: dict[str, Target]) -> None:
    with pytest.raises(Refused) as told:
        attempt.act(attacker, targets["platform"])
    assert re.search(attempt.refusal, str(told.value), re.DOTALL), f"refused for another reason: {told.value}"


@pytest.mark.timeout(60, func_only=True)
def test_the_other_team_has_all_that_it_had(attacker: Attacker, targets: dict[str, Target]) -> None:
    """Also after a Tenant of its name, with Purge, came and went in the attacker's namespace."""
    search = targets["search"].opened()
    assert search.role.run("SELECT current_user") == [search.name]
    with search.account.client() as s3:
        assert s3.get_object(Bucket=search.name, Key=targets["search"].key)["Body"].read()
    assert search.mlflow.experiment("traces") == targets["search"].experiment
    assert re.fullmatch(r"[0-9a-f]{40}", search.repositories.head(search.name))
    assert not sql.as_admin(attacker.cluster, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'e2e%'")


@pytest.mark.timeout(10, func_only=True)
def test_thirty_attempts_are_made(say: Callable[[str], None]) -> None:
    say(f"isolation: {len(REFUSALS) + len(beyond.ATTEMPTS)} attempts refused, {len(ATTEMPTS)} allowed on its own")
    assert len(ATTEMPTS) >= 30


def ports_of(cluster: Cluster, namespace: str) -> dict[str, str]:
    """`address:port` of every TCP port that the namespace's pods have, by the pod's name and the port's."""
    return {
        f"{pod['metadata']['labels']['app.kubernetes.io/name']} {port['name']}": (
            f"{pod['status']['podIP']}:{port['containerPort']}"
        )
        for pod in cluster.items("pods", "-n", namespace, "--field-selector=status.phase=Running")
        for container in pod["spec"]["containers"]
        for port in container.get("ports", [])
        if port.get("protocol", "TCP") == "TCP"
    }


@pytest.mark.timeout(120)
def test_a_team_reaches_of_anothers_pods_the_feature_server_alone(teams: Teams, cluster: Cluster) -> None:
    airflow = pods.running(cluster, teams.recsys, "airflow")
    theirs = ports_of(cluster, teams.search)
    assert len(theirs) > 4
    found = dict(zip(theirs, reach(cluster, teams.recsys, airflow, list(theirs.values())), strict=True))
    # It tells teams apart by their keys, so that they can share views.
    assert found.pop("features main") == OPEN
    assert set(found.values()) == {REFUSED}, found


@pytest.mark.timeout(120)
def test_a_team_reaches_of_the_platform_what_it_needs(teams: Teams, cluster: Cluster) -> None:
    airflow = pods.running(cluster, teams.recsys, "airflow")
    assert reach(cluster, teams.recsys, airflow, ["mlflow.mlp-platform:5000"]) == [OPEN]
    shared = ports_of(cluster, "mlp-platform")
    closed = [shared[name] for name in ("alertmanager main", "tenancy main", "postgres-exporter main")]
    assert reach(cluster, teams.recsys, airflow, closed) == [REFUSED] * len(closed), shared
