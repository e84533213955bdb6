"""What goes wrong is said in words, with the fix: no traceback, and nothing half-done."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local import paths
from tests.e2e.conftest import Platform
from tests.support.beside import Beside
from tests.support.commands import Ran, mlp
from tests.support.no_image import NoImage
from tests.support.project_copy import ProjectCopy


@pytest.fixture
def copy(tmp_path: Path, environment: dict[str, str]) -> ProjectCopy:
    """The project with a state of its own, in which specs may be spoilt."""
    return ProjectCopy(tmp_path, environment)


def told(ran: Ran, *words: str) -> None:
    """It failed, said these words, and showed no traceback."""
    assert ran.code != 0
    assert "Traceback" not in ran.output
    for word in words:
        assert word in ran.output, f"{word!r} isn't in\n{ran.output}"


@pytest.mark.timeout(120)
def test_a_platform_before_its_foundation(copy: ProjectCopy) -> None:
    copy.init("local-platform")
    told(copy.pulumi("preview", "-s", "local-platform"), "local-foundation", "first", "fix:")
    copy.init("local-foundation")
    told(copy.pulumi("preview", "-s", "local-platform"), "local-foundation", "first", "fix:")


@pytest.mark.timeout(60)
def test_a_stack_without_a_spec(copy: ProjectCopy) -> None:
    copy.init("local-nothing")
    told(copy.pulumi("preview", "-s", "local-nothing"), "local-nothing.yaml", "missing", "fix:")


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("kind: foundation\nproviderr: local\n", ("providerr", "provider", "fix:")),
        ("kind: nothing\n", ("kind", "nothing", "fix:")),
        ("", ("empty", "fix:")),
        ("kind: [\n", ("not YAML", "fix:")),
    ],
)
def test_a_wrong_spec(copy: ProjectCopy, wrong: str, words: tuple[str, ...]) -> None:
    copy.init("local-foundation")
    copy.spec("local-foundation").write_text(wrong)
    told(copy.pulumi("up", "--yes", "--skip-preview", "-s", "local-foundation"), "local-foundation.yaml", *words)
    state = copy.pulumi("stack", "export", "-s", "local-foundation").must_succeed()
    assert "kubernetes:" not in state.stdout


@pytest.mark.timeout(60)
def test_an_unknown_tool_has_no_credentials(platform: Platform) -> None:
    told(mlp("credentials", "nothing", seconds=50), "nothing", "mlflow")


@pytest.mark.timeout(180)
def test_an_image_that_is_not_there_names_pod_and_event(beside: Beside, no_image: Callable[[], NoImage]) -> None:
    found = beside.result("no image", no_image)
    assert found.code != 0
    assert found.pod in found.said
    assert "nothing:1" in found.said
    assert "ImagePull" in found.said or "ErrImage" in found.said
    assert "Traceback" not in found.said
    assert not found.left


@pytest.mark.timeout(60)
def test_a_lock_of_a_living_process_is_explained(platform: Platform, environment: dict[str, str]) -> None:
    locks = paths.backend() / ".pulumi" / "locks" / "organization" / "mlplatform" / "local-platform"
    living = subprocess.Popen(["sleep", "50"])
    lock = locks / "of-a-test.json"
    locks.mkdir(parents=True, exist_ok=True)
    try:
        lock.write_text(lock_of(living.pid))
        told(mlp("up", "platform", "--yes", seconds=50), "locked", str(living.pid), "pulumi cancel")
        assert lock.exists()
    finally:
        lock.unlink(missing_ok=True)
        living.kill()
        living.wait()


def lock_of(pid: int) -> str:
    now = datetime.now(UTC).isoformat()
    return json.dumps(
        {"pid": pid, "username": os.environ.get("USER", "root"), "hostname": socket.gethostname(), "timestamp": now}
    )
