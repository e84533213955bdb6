"""`rotation` is raised while a DAG runs: the run succeeds, old secrets are refused, what was encrypted still opens."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet, InvalidToken

from tests.support import access
from tests.support.beside import Beside
from tests.support.passing import CONNECTION, PASSWORD, VARIABLE, Rotated
from tests.support.refused import Refused
from tests.support.teams import Team

CIPHERTEXT = "SELECT password FROM connection WHERE conn_id = 'e2e'"
REFUSALS = {
    "database": "password authentication failed",
    "object store": "SignatureDoesNotMatch",
    "tracking": "401",
    "repository": "Authentication failed",
    "airflow": "401",
    "check": "401|403",
}


@pytest.fixture(scope="module")
def rotated(rotation: Callable[[], Rotated], beside: Beside) -> Rotated:
    return beside.result("rotation", rotation)


def test_the_run_succeeded(rotated: Rotated) -> None:
    assert rotated.state == "success"


@pytest.mark.timeout(30)
def test_every_secret_is_another(rotated: Rotated) -> None:
    same = [what for what, value in rotated.before.keys.values.items() if value == rotated.after.keys[what]]
    assert not same


@pytest.mark.timeout(60)
@pytest.mark.parametrize("way", access.WAYS)
def test_the_old_is_refused(rotated: Rotated, way: str) -> None:
    with pytest.raises(Refused, match=REFUSALS[way]):
        access.WAYS[way](rotated.before)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("way", access.WAYS)
def test_the_new_works(rotated: Rotated, way: str) -> None:
    access.WAYS[way](rotated.after)


@pytest.mark.timeout(60)
def test_a_token_of_before_is_refused(rotated: Rotated) -> None:
    with pytest.raises(Refused, match=r"401|403"):
        rotated.after.airflow.ask("GET", "/api/v2/dags", headers=rotated.token)


@pytest.mark.timeout(60)
def test_what_airflow_keeps_encrypted_opens(rotated: Rotated) -> None:
    airflow = rotated.after.pipelines.airflow
    assert airflow.get("/variables/e2e")["value"] == VARIABLE["value"]
    assert airflow.get("/connections/e2e")["login"] == CONNECTION["login"]


@pytest.mark.timeout(90)
def test_and_is_encrypted_anew(rotated: Rotated) -> None:
    """Else the next rotation, which knows this key as the one before, couldn't open it."""
    key = Fernet(rotated.after.keys["fernet"])
    end = time.monotonic() + 60
    while not opens(key, rotated.after):
        assert time.monotonic() < end, "the connection's password is still encrypted with the key before"
        time.sleep(1)


def opens(key: Fernet, team: Team) -> bool:
    """Whether a key alone opens the connection's password."""
    (ciphertext,) = team.role.run(CIPHERTEXT)
    try:
        return key.decrypt(ciphertext.encode()).decode() == PASSWORD
    except InvalidToken:
        return False
