"""The provider served in this process, as the engine would call it, against a double or a real API server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from local.provider import kubeconfig
from local.provider.rest import Client
from local.provider.server import serve
from tests.doubles.api_server import ApiServer
from tests.support import control_plane
from tests.support.control_plane import ControlPlane
from tests.support.provider_calls import Engine, configure, manifest, urn


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A provider of its own, not configured yet."""
    server, port = serve("")
    calling = Engine(port)
    yield calling
    calling.close()
    server.stop(grace=None).wait()


@pytest.fixture
def double(engine: Engine) -> Iterator[ApiServer]:
    """An API server that answers what it's told; the engine's provider is configured for it."""
    with ApiServer() as server:
        engine.configure(kubeconfig=server.kubeconfig, upsertExistingObjects="true")
        yield server


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A real API server without nodes."""
    try:
        control_plane.binaries()
    except (FileNotFoundError, ImportError) as missing:
        pytest.skip(str(missing))
    with ControlPlane(tmp_path_factory.mktemp("plane")) as running:
        yield running


@pytest.fixture
def live(engine: Engine, plane: ControlPlane) -> Engine:
    """The engine's provider, configured for the real API server as the project's stacks do."""
    configure(engine, plane.kubeconfig)
    return engine


@pytest.fixture
def namespace(live: Engine, plane: ControlPlane) -> Iterator[str]:
    """A namespace of the test's own; its end isn't waited for."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    token = urn("core/v1:Namespace", name)
    live.create(token, live.check(token, manifest("v1", "Namespace", name)))
    yield name
    Client(kubeconfig.load(str(plane.kubeconfig), "", "", "")).request("DELETE", f"/api/v1/namespaces/{name}")
