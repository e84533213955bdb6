"""No secret is anywhere but in its own Secret object: not in state, manifests, logs, arguments or images.

The secrets are those that the program derives (all of them: the program itself is run against mocks and asked), the
root secret and the passphrase, in every form that they may be written in. That the search can find is tested in
tests/unit/support/test_secret_scan.py, and once more here, in a real place.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from local import paths
from local.node.layout import layout
from tests.e2e.conftest import Platform, Teams
from tests.support import processes, shown_by_airflow
from tests.support.beside import Beside
from tests.support.cluster import Cluster
from tests.support.installation_secrets import Searched
from tests.support.pipelines import DAGS
from tests.support.secret_scan import Leak, Scanner
from tests.support.teams import open_team

READ_AT_ONCE = 8


@pytest.fixture(scope="module")
def scanner(make_scanner: Callable[[], Scanner]) -> Scanner:
    """A scanner for every secret of this installation."""
    return make_scanner()


def none(leaks: list[Leak]) -> None:
    assert not leaks, "\n".join(str(leak) for leak in leaks)


@pytest.mark.timeout(120)
def test_the_secrets_looked_for_are_those_in_use(scanner: Scanner, cluster: Cluster) -> None:
    """Each derived secret is in some Secret of the cluster: else this file would look for the wrong ones."""
    data = json.dumps([item.get("data") for item in cluster.items("secrets", "-A")]).encode()
    in_use = {leak.secret for leak in scanner.text(data, "Secrets")}
    unused = {name for name in scanner.names if name.startswith("local-")} - in_use
    assert not unused


@pytest.mark.timeout(120)
def test_not_in_pulumis_state(scanner: Scanner) -> None:
    assert any(paths.backend().rglob("*.json"))
    none(scanner.folder(paths.backend()))
    none(scanner.files((paths.checkout() / "stacks").glob("*.yaml")))
    none(scanner.folder(paths.home() / "logs"))


@pytest.mark.timeout(300)
def test_not_in_manifests(scanner: Scanner, cluster: Cluster) -> None:
    manifests = []
    for item in cluster.everything():
        if item["kind"] == "Secret":
            item = {key: value for key, value in item.items() if key not in ("data", "stringData")}
        metadata = item["metadata"]
        where = f"{item['kind']} {metadata.get('namespace', '')}/{metadata['name']}"
        manifests.append((where, json.dumps(item).encode()))
    none(scanner.texts(manifests))


@pytest.mark.timeout(120)
def test_not_in_logs(scanner: Scanner, cluster: Cluster) -> None:
    logs = [file for file in layout().logs.rglob("*") if file.is_file()]
    for wanted in ("mlflow", "tenancy", "git", "team-search_airflow"):
        assert any(wanted in str(file) for file in logs), f"no log of {wanted} in {layout().logs}"
    none(scanner.files(file.resolve() for file in logs))


@pytest.mark.timeout(240)
def test_not_in_what_airflow_shows(scanner: Scanner, teams: Teams, cluster: Cluster, ingress: str) -> None:
    for name in (teams.search, teams.recsys):
        team = open_team(cluster, name, ingress)
        shown = shown_by_airflow.texts(team)
        if not any("/logs/" in where for where in shown):
            team.pipelines.push(DAGS / "hello").must_succeed()
            assert team.pipelines.run("hello").state == "success"
            shown = shown_by_airflow.texts(team)
        assert any("/logs/" in where for where in shown), f"no task of {name} has a log"
        none(scanner.texts([(f"{name}: {where}", text) for where, text in shown.items()]))


@pytest.mark.timeout(120)
def test_not_in_what_teams_store(scanner: Scanner, teams: Teams, cluster: Cluster, ingress: str) -> None:
    """Logs of tasks and data in buckets."""
    for name in (teams.search, teams.recsys):
        with open_team(cluster, name, ingress).account.client() as s3, ThreadPoolExecutor(READ_AT_ONCE) as pool:
            read = partial(s3.get_object, Bucket=name)
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
                keys = [item["Key"] for item in page.get("Contents", [])]
                bodies = pool.map(lambda key, read=read: read(Key=key)["Body"].read(), keys)
                none(scanner.texts([(f"{name}/{key}", body) for key, body in zip(keys, bodies, strict=True)]))


@pytest.mark.timeout(60)
def test_not_in_arguments(scanner: Scanner, platform: Platform) -> None:
    none(scanner.texts(list(processes.files("cmdline"))))


@pytest.mark.timeout(60)
def test_not_in_arguments_while_the_platform_came_up(scanner: Scanner, platform: Platform) -> None:
    assert len(platform.arguments) > 50
    none(scanner.texts([(f"the arguments of {one.split(bytes(1))[0].decode()}", one) for one in platform.arguments]))


@pytest.mark.timeout(60)
def test_not_in_the_environment_of_processes_outside_of_containers(scanner: Scanner, platform: Platform) -> None:
    outside = [(name, data) for name, data in processes.files("environ") if not processes.in_container(name)]
    none(scanner.texts(outside))


@pytest.mark.timeout(300)
def test_not_in_images(images_searched: Callable[[], Searched], beside: Beside, say: Callable[[str], None]) -> None:
    found = beside.result("images searched", images_searched)
    where = f"{found.blobs} blobs of images among it ({found.size / 1e9:.1f} GB packed)"
    say(f"searched for {found.secrets} secrets, {where}")
    assert found.size > 100e6
    none(found.leaks)


@pytest.mark.timeout(60)
def test_finds_one_that_is_planted(scanner: Scanner, cluster: Cluster) -> None:
    secret = paths.root_secret().read_text().strip()
    planted = paths.backend() / "planted-by-a-test"
    process = subprocess.Popen(["sleep", "30"], env={**os.environ, "PLANTED": secret})
    try:
        planted.touch(mode=0o600)
        planted.write_text(f"a line\nkey: {secret}\n")
        assert scanner.folder(paths.backend()) == [Leak("the root secret", str(planted))]
        found = [leak for name, data in processes.files("environ") for leak in scanner.text(data, name)]
        assert Leak("the root secret", f"/proc/{process.pid}/environ") in found
    finally:
        planted.unlink(missing_ok=True)
        process.kill()
        process.wait()
