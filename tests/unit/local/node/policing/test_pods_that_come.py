"""From the plugin that containerd runs to the rules: a pod waits until its policies are in force."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.node import plugins
from local.node.policing import cni, door
from local.node.policing.addresses import Addresses
from local.node.policing.door import Door
from local.node.policing.objects import Pod
from local.node.policing.police import Police
from local.problem import Problem

KEY = ("team-a", "pod")
RESULT = {"cniVersion": "1.0.0", "ips": [{"address": "100.64.16.7/32"}], "routes": []}


class Machine:
    """Pods by name as the API server has them, and what was put in force."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "socket"
        self.pods: dict[tuple[str, str], Pod] = {}
        self.put: list[str] = []
        self.failing = False
        self.addresses, self.police = Addresses(), Police()

    def start(self) -> None:
        server = Door(self.socket, self.addresses, self.police, lambda key: key in self.pods)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        threading.Thread(target=self.police.run, args=(self.wanted, self.take), daemon=True).start()

    def wanted(self) -> str:
        return ",".join(sorted(pod.address for pod in self.addresses.of(self.pods)))

    def take(self, text: str) -> None:
        if self.failing:
            raise Problem("nft failed", "see what it says")
        self.put.append(text)

    def plugin(self, command: str, sandbox: str = "one", **settings: Any) -> subprocess.CompletedProcess[str]:
        """Run the plugin as containerd does."""
        program = self.socket.parent / "plugins" / plugins.POLICING
        if not program.exists():
            plugins.install(program.parent, packaged=self.socket.parent / "packaged")
        arguments = f"IgnoreUnknown=1;K8S_POD_NAMESPACE={KEY[0]};K8S_POD_NAME={KEY[1]};K8S_POD_INFRA_CONTAINER_ID=x"
        given = {"cniVersion": "1.0.0", "name": "n", "type": "t", "socket": str(self.socket), **settings}
        surroundings = {**os.environ, "CNI_COMMAND": command, "CNI_ARGS": arguments, "CNI_CONTAINERID": sandbox}
        return subprocess.run(
            [program],
            input=json.dumps(given),
            env=surroundings,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    (tmp_path / "packaged").mkdir()
    (tmp_path / "packaged" / "ptp").touch()
    made = Machine(tmp_path)
    yield made
    # Who still tries ends that.
    made.failing = False


def test_its_address_is_in_force_before_it_runs(machine: Machine) -> None:
    machine.pods[KEY] = Pod(KEY[0], "", {}, {})
    machine.start()
    done = machine.plugin("ADD", prevResult=RESULT)
    assert (done.returncode, json.loads(done.stdout)) == (0, RESULT), done.stderr
    assert machine.put[-1] == "100.64.16.7"
    machine.plugin("DEL", sandbox="an earlier one")
    time.sleep(0.1)
    assert machine.put[-1] == "100.64.16.7", "its first sandbox is over, and it has another"
    done = machine.plugin("DEL", prevResult=RESULT)
    assert (done.returncode, done.stdout) == (0, "")
    end = time.monotonic() + 5
    while machine.put[-1] != "":
        assert time.monotonic() < end, "it has no address any more, whatever the API server says"
        time.sleep(0.01)


def test_it_waits_until_somebody_listens_and_knows_the_pod(machine: Machine) -> None:
    def later() -> None:
        time.sleep(0.3)
        machine.start()
        time.sleep(0.3)
        assert not machine.put
        machine.pods[KEY] = Pod(KEY[0], "", {}, {})

    threading.Thread(target=later, daemon=True).start()
    assert machine.plugin("ADD", prevResult=RESULT).returncode == 0
    assert machine.put[-1] == "100.64.16.7"


@pytest.mark.parametrize("known", [True, False])
def test_a_pod_that_cannot_be_policed_does_not_start(
    machine: Machine, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "SECONDS", 0.3)
    if known:
        machine.pods[KEY] = Pod(KEY[0], "", {}, {})
    machine.failing = True
    machine.start()
    done = machine.plugin("ADD", prevResult=RESULT)
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert said["msg"] == "the network policies of team-a/pod aren't in force"
    assert said["details"] == (
        "they can't be put in force: see the log of policing" if known else "the API server hasn't told of the pod"
    )
    assert said["code"] == 11


def test_nobody_there(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cni, "SECONDS", 0.2)
    answer = cni.ask_patiently(str(machine.socket), {"command": "ADD"})
    assert answer == f"{machine.socket}: [Errno 2] No such file or directory"
    assert machine.plugin("DEL", prevResult=RESULT).returncode == 0, "a pod can always go"


def test_what_containerd_asks_besides(machine: Machine) -> None:
    assert "1.0.0" in json.loads(machine.plugin("VERSION").stdout)["supportedVersions"]
    assert machine.plugin("CHECK", prevResult=RESULT).returncode == 0


def test_the_machines_plugins_are_beside_it(machine: Machine) -> None:
    machine.plugin("VERSION")
    folder = machine.socket.parent / "plugins"
    assert {path.name for path in folder.iterdir()} == {"ptp", plugins.POLICING}
    assert (folder / "ptp").readlink() == machine.socket.parent / "packaged" / "ptp"
    plugins.install(folder, packaged=machine.socket.parent / "packaged")
    assert (folder / plugins.POLICING).read_text().startswith(f"#!{Path(sys.executable).resolve()} -IS\n")


def test_who_was_told_counts_over_what_the_api_server_says() -> None:
    addresses = Addresses()
    old, new = Pod("a", "10.0.0.1", {"which": "old"}, {}), Pod("a", "", {"which": "new"}, {})
    pods = {("a", "old"): old, ("a", "new"): new}
    assert addresses.of(pods) == [old]
    addresses.give(("a", "new"), "sandbox 2", "10.0.0.1")
    assert [pod.labels["which"] for pod in addresses.of(pods)] == ["new"], "the address is another's now"
    addresses.take(("a", "new"), "sandbox 1")
    assert addresses.of(pods) != [], "an earlier sandbox of its is over"
    addresses.take(("a", "old"), "sandbox 0")
    assert addresses.of({("a", "old"): old}) == [old], "nothing was told of it"
    addresses.take(("a", "new"), "sandbox 2")
    assert addresses.of({("a", "new"): Pod("a", "10.0.0.1", {}, {})}) == []
    addresses.of({})
    assert addresses.of({("a", "new"): Pod("a", "10.0.0.2", {}, {})}) != [], "another pod of that name"


def test_what_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("local.node.policing.police.PAUSE_SECONDS", 0.01)
    police, tries = Police(), []

    def put(text: str) -> None:
        tries.append(text)
        if len(tries) < 3:
            raise Problem("nft failed", "see what it says")

    threading.Thread(target=police.run, args=(lambda: "wanted", put), daemon=True).start()
    assert police.wait(police.changed(), 5)
    assert tries == ["wanted"] * 3
    assert "nft failed" in capsys.readouterr().out
    assert police.wait(police.changed(), 5)
    assert len(tries) == 3, "the same isn't put twice"


def test_nothing_is_put_before_all_is_known() -> None:
    police, known = Police(), threading.Event()
    put: list[str] = []
    threading.Thread(
        target=police.run, args=(lambda: "all" if known.is_set() else None, put.append), daemon=True
    ).start()
    assert not police.wait(police.changed(), 0.2)
    assert put == []
    known.set()
    assert police.wait(police.changed(), 5)
    assert put == ["all"]
