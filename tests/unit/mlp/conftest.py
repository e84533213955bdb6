from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local import paths
from mlp import airflow, state
from tests.doubles.airflow import AirflowDouble, served
from tests.doubles.api_server import ApiServer

REAL = paths.checkout()
Stands = Callable[..., None]


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing here may touch this machine's platform."""
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MLP_CACHE", str(tmp_path / "cache"))
    for name in ("MLP_KUBE_CONTEXT", "MLP_REGISTRY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the shipped specs alone, for what writes there."""
    folder = tmp_path / "checkout"
    (folder / "stacks").mkdir(parents=True)
    for name in ("foundation", "platform", "team-search", "team-recsys"):
        shutil.copy(REAL / "stacks" / f"local-{name}.yaml", folder / "stacks")
    monkeypatch.setattr(paths, "checkout", lambda: folder)
    return folder


@pytest.fixture
def stands() -> Stands:
    """Call it with a stack's name and outputs: its state says that it stands."""

    def write(stack: str, **outputs: Any) -> None:
        path = state.path_of(stack)
        path.parent.mkdir(parents=True, exist_ok=True)
        root = {"urn": f"urn:pulumi:{stack}", "type": state.STACK_TYPE, "outputs": outputs}
        latest = {"manifest": {"time": "2026-11-23T00:00:00Z"}, "resources": [root]}
        path.write_text(json.dumps({"version": 3, "checkpoint": {"stack": stack, "latest": latest}}))

    return write


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[AirflowDouble]:
    """An Airflow that answers."""
    monkeypatch.setattr(airflow, "POLL_SECONDS", 0.01)
    with served() as made:
        yield made


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """The API server of the cluster meant."""
    with ApiServer() as server:
        names = "buildDate compiler gitCommit gitTreeState gitVersion goVersion major minor platform"
        server.reply("GET", "/version/", dict.fromkeys(names.split(), "1"))
        (tmp_path / "kubeconfig").write_text(server.kubeconfig)
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        monkeypatch.setenv("MLP_KUBE_CONTEXT", "double")
        monkeypatch.setenv("MLP_REGISTRY", "127.0.0.1:9")
        yield server
