"""Spark's settings of a notebook: executors of the team, restricted, that find their driver."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from images.catalog import load
from images.notebook.mlplatform_notebook.spark import ACCOUNT, BLOCK_PORT, DRIVER_PORT, NEEDED, Size, settings

POD = {"POD_IP": "100.64.2.7", "POD_NAME": "notebook-ada", "POD_NAMESPACE": "team-x", "MLP_IMAGE": "r/n@sha256:1"}
FOLDER = load()["notebook"].folder


def test_executors_are_pods_of_the_team_and_find_the_driver() -> None:
    found = settings(POD, Size(executors=3, memory="1g"))
    assert found["spark.kubernetes.namespace"] == "team-x"
    assert found["spark.kubernetes.container.image"] == "r/n@sha256:1"
    assert found["spark.kubernetes.driver.pod.name"] == "notebook-ada"
    assert found["spark.driver.host"] == found["spark.driver.bindAddress"] == "100.64.2.7"
    assert (found["spark.driver.port"], found["spark.blockManager.port"]) == (str(DRIVER_PORT), str(BLOCK_PORT))
    assert (found["spark.executor.instances"], found["spark.executor.memory"]) == ("3", "1g")
    assert found["spark.kubernetes.authenticate.executor.serviceAccountName"] == ACCOUNT


@pytest.mark.parametrize("name", NEEDED)
def test_elsewhere_it_says_what_is_missing(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        settings({**POD, name: ""}, Size())


def test_their_pod_is_restricted_and_has_no_token() -> None:
    spec = yaml.safe_load((FOLDER / "executor.yaml").read_text())["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    (container,) = spec["containers"]
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert container["command"][-1] == "/usr/local/bin/spark-executor"
    assert Path(FOLDER / "spark-executor").stat().st_mode & 0o111
