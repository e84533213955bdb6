"""`mlp down` leaves the machine as it was, and its data; the next `up` finds them again."""

from __future__ import annotations

import socket

import pytest

from local import paths
from local.node.config import NodeConfig
from tests.e2e import snapshot
from tests.e2e.conftest import Platform, node_is_running
from tests.support.commands import mlp


@pytest.mark.timeout(900)
def test_the_machine_is_as_before(platform: Platform) -> None:
    before = platform.before
    if platform.was_up:
        # The machine wasn't seen without the platform: see it now, then go once more up and down.
        mlp("down", "--yes", seconds=300).must_succeed()
        before = snapshot.take()
        mlp("up", "--yes", seconds=600).must_succeed()
    mlp("down", "--yes", seconds=300).must_succeed()
    assert not node_is_running()
    assert snapshot.take().difference(before) == {}
    assert paths.root_secret().exists()
    assert paths.backend().exists()


@pytest.mark.timeout(120)
def test_down_again_finds_nothing_to_do(platform: Platform) -> None:
    mlp("down", "--yes", seconds=100).must_succeed()
    before = snapshot.take()
    assert "nothing" in mlp("down", "--yes", seconds=100).must_succeed().output
    assert snapshot.take().difference(before) == {}


@pytest.mark.timeout(120)
def test_a_taken_port_is_said_before_anything_starts(platform: Platform) -> None:
    mlp("down", "--yes", seconds=100).must_succeed()
    port = NodeConfig().ingress_port
    before = snapshot.take()
    with socket.socket() as taken:
        # Connections that have just ended keep the port from others that don't say this.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        ran = mlp("up", "--yes", seconds=100)
        doctor = mlp("doctor", seconds=60)
    for said in (ran, doctor):
        assert said.code == 1
        assert str(port) in said.output
        assert "fix" in said.output
        assert "Traceback" not in said.output
    assert snapshot.take().difference(before) == {}
