"""The engine killed at some calls, against a control plane without a node: beside the end-to-end tests, in a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import grpc
import pytest

from local.problem import Problem
from tests.doubles import killing_provider
from tests.support.control_plane import ControlPlane, binaries
from tests.support.engine_killed import KILLS, again, half_way, plain, run_all
from tests.support.killable import Kill, environment_for
from tests.support.small_stack import SmallStack


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    try:
        binaries()
        environment_for(Path("none"))
    except (FileNotFoundError, Problem) as missing:
        pytest.skip(f"{missing}; `make e2e` runs this test once it is there")
    with ControlPlane(tmp_path_factory.mktemp("plane")) as plane:
        yield plane


@pytest.fixture
def stack_of(plane: ControlPlane, tmp_path: Path) -> Callable[[str], SmallStack]:
    environment = environment_for(plane.kubeconfig)
    return lambda name: SmallStack(name, tmp_path / name, environment, image="none", replicas=0)


@pytest.mark.engine
@pytest.mark.cluster
@pytest.mark.timeout(120)
def test_killed_then_run_again(stack_of: Callable[[str], SmallStack]) -> None:
    run_all(again, stack_of, [Kill(1, "after"), Kill(4, "before"), Kill(6, "after")])


@pytest.mark.engine
@pytest.mark.cluster
@pytest.mark.timeout(120)
def test_destroyed_from_half_way(stack_of: Callable[[str], SmallStack]) -> None:
    run_all(half_way, stack_of, [Kill(1, "after"), Kill(5, "after")])


@pytest.mark.engine
@pytest.mark.cluster
@pytest.mark.timeout(120)
def test_plain_pulumi(stack_of: Callable[[str], SmallStack]) -> None:
    plain(stack_of, Kill(3, "after"))


def test_kills_nothing_but_the_engine() -> None:
    with pytest.raises(RuntimeError, match="not Pulumi's engine"):
        killing_provider.kill_engine()


def test_spared_calls_are_served_and_not_counted(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    killer = killing_provider.Killer(0, "before", calls, frozenset({"urn:spared"}))
    handler = grpc.unary_unary_rpc_method_handler(lambda request, context: request.urn)
    serve = killer.intercept_service(lambda details: handler, SimpleNamespace(method="/a/Create")).unary_unary
    for urn in ("urn:spared", "urn:other", "urn:spared"):
        assert serve(SimpleNamespace(urn=urn, preview=False), None) == urn
    assert [line.split()[:2] for line in calls.read_text().splitlines()] == [["Create", "urn:other"]]


def test_every_call_has_its_kills() -> None:
    assert len(set(KILLS)) == 16
