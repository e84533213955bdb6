"""The real engine with this provider on PATH: a program through preview, up, no-op, refresh, replace and destroy."""

from __future__ import annotations

import base64
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from local.problem import Problem
from local.provider import kubeconfig
from local.provider.errors import ApiError
from local.provider.rest import Client
from tests.support.control_plane import ControlPlane
from tests.support.killable import environment_for

pytestmark = [pytest.mark.engine, pytest.mark.cluster, pytest.mark.timeout(300)]

PASSWORD = "of-the-engine-test"


class Stack:
    """The program's stack, its state and its cluster."""

    def __init__(self, folder: Path, config: Path) -> None:
        try:
            given = environment_for(config)
        except Problem as problem:
            pytest.skip(str(problem))
        plugin = folder / "plugins" / "pulumi-resource-kubernetes"
        plugin.parent.mkdir()
        plugin.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m local.provider "$@"\n')
        plugin.chmod(0o755)
        self.backend = folder / "state"
        self.backend.mkdir()
        shutil.copytree(Path(__file__).parent / "program", folder / "program")
        self.environment = {
            **given,
            "PATH": f"{plugin.parent}:{given['PATH']}",
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_CONFIG_PASSPHRASE": "of-the-test",
            "TEST_GREETING": "hello",
            "TEST_PASSWORD": PASSWORD,
            "TEST_CONTROLLER": "example.com/a",
        }
        del self.environment["PULUMI_CONFIG_PASSPHRASE_FILE"]
        options = auto.LocalWorkspaceOptions(
            env_vars=self.environment, pulumi_command=_command(self.environment["PATH"], folder)
        )
        self.stack = auto.create_stack("engine", work_dir=str(folder / "program"), opts=options)
        self.client = Client(kubeconfig.load(str(config), "", "", ""))

    def set(self, **values: str) -> None:
        """Change the program's values."""
        self.stack.workspace.env_vars.update({f"TEST_{key.upper()}": value for key, value in values.items()})

    def get(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.request("GET", path)
        return found

    def state(self) -> str:
        """The state as it lies on disk."""
        return (self.backend / ".pulumi" / "stacks" / "engine" / "engine.json").read_text()


def _command(path: str, folder: Path) -> auto.PulumiCommand:
    """The engine of that PATH; the Automation API looks on this process's own."""
    found = shutil.which("pulumi", path=path)
    assert found is not None
    (folder / "bin").mkdir()
    (folder / "bin" / "pulumi").symlink_to(found)
    return auto.PulumiCommand(root=str(folder))


@pytest.fixture
def stack(tmp_path: Path, plane: ControlPlane) -> Any:
    made = Stack(tmp_path, plane.kubeconfig)
    yield made
    made.stack.destroy()


SETTINGS = "/api/v1/namespaces/engine/configmaps/settings"
CLASS = "/apis/networking.k8s.io/v1/ingressclasses/engine"


def test_the_life_of_a_stack(stack: Stack) -> None:
    pulumi = stack.stack
    assert pulumi.preview().change_summary == {auto.OpType.CREATE: 8}
    with pytest.raises(ApiError):
        stack.get("/api/v1/namespaces/engine")

    assert pulumi.up().summary.resource_changes == {"create": 8}
    pulumi.preview(expect_no_changes=True)
    pulumi.up(expect_no_changes=True)
    assert pulumi.refresh(expect_no_changes=True).summary.resource_changes == {"same": 8}
    pulumi.up(expect_no_changes=True)
    state = stack.state()
    assert PASSWORD not in state
    assert base64.b64encode(PASSWORD.encode()).decode() not in state

    uid = stack.get(CLASS)["metadata"]["uid"]
    stack.set(greeting="bye", controller="example.com/b")
    assert pulumi.up().summary.resource_changes == {"same": 6, "update": 1, "replace": 1}
    assert stack.get(SETTINGS)["data"] == {"greeting": "bye"}
    assert stack.get(CLASS)["metadata"]["uid"] != uid

    patch = [{"op": "replace", "path": "/data/greeting", "value": "by hand"}]
    stack.client.request("PATCH", SETTINGS, {"fieldManager": "kubectl"}, patch, "application/json-patch+json")
    stack.client.request("DELETE", CLASS)
    assert pulumi.refresh().summary.resource_changes == {"same": 6, "update": 1, "delete": 1}
    assert pulumi.up().summary.resource_changes == {"same": 6, "update": 1, "create": 1}
    assert stack.get(SETTINGS)["data"] == {"greeting": "bye"}

    assert pulumi.destroy().summary.resource_changes == {"delete": 8}
    with pytest.raises(ApiError):
        stack.get("/api/v1/namespaces/engine")


NEVER = "/api/v1/namespaces/default/configmaps/never"


def test_what_is_not_ready_stays_in_the_state_and_goes_with_it(stack: Stack) -> None:
    stack.set(extra="never-ready")
    with pytest.raises(auto.CommandError, match=r"timed out after 2 s: waiting for \{.data.no\}"):
        stack.stack.up()
    assert '"default/never"' in stack.state()
    stack.client.request("PATCH", NEVER, None, {"data": {"no": "yes"}}, "application/merge-patch+json")
    stack.stack.up()
    stack.stack.up(expect_no_changes=True)
    stack.stack.destroy()
    with pytest.raises(ApiError):
        stack.get(NEVER)


def test_import(stack: Stack) -> None:
    body = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "found"}, "data": {"a": "1"}}
    stack.client.request("POST", "/api/v1/namespaces/default/configmaps", None, body)
    stack.set(extra="import")
    assert stack.stack.up().summary.resource_changes == {"create": 8, "import": 1}
    stack.stack.up(expect_no_changes=True)
