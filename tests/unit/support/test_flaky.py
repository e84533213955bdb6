"""What the summary of the end-to-end tests says of a test that is run once more, with the plugin that runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local import paths

CONFTEST = """
from tests.support import flaky

def pytest_terminal_summary(terminalreporter):
    for line in flaky.lines(terminalreporter.stats):
        terminalreporter.line(line)
"""
TESTS = """
import pathlib
import pytest

def times(name):
    file = pathlib.Path(name)
    file.write_text(file.read_text() + "x" if file.exists() else "x")
    return len(file.read_text())

@pytest.fixture(scope="session")
def whole():
    times("whole")
    yield
    times("whole-ended")

@pytest.fixture(scope="module")
def made(whole):
    assert times("made") > 1, "the fixture's first failure"
    return "made"

def test_after_its_fixture_failed(made):
    assert made == "made"

def test_that_fails_once(made):
    assert times("once") > 1, "the test's first failure"

def test_that_fails_always(made):
    assert times("always") > 2, f"failure {pathlib.Path('always').read_text()}"

def test_that_passes(made):
    times("passes")
"""


@pytest.fixture
def ran(tmp_path: Path) -> tuple[int, str, Path]:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_them.py").write_text(TESTS)
    # The project's root as this folder: not the options of this run.
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--reruns", "1", "--rootdir", str(tmp_path)]
    ended = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": str(paths.checkout())},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr, tmp_path


def test_both_outcomes_and_the_first_failure_are_said(ran: tuple[int, str, Path]) -> None:
    code, said, folder = ran
    assert code == 1, said
    assert "1 failed, 3 passed, 3 rerun" in said
    for test, when, outcome, text in (
        ("after_its_fixture_failed", "setup", "passed the second time", "the fixture's first failure"),
        ("that_fails_once", "call", "passed the second time", "the test's first failure"),
        ("that_fails_always", "call", "failed again", "failure x"),
    ):
        line = f"test_them.py::test_{test} failed ({when}), then {outcome}; the first failure:"
        assert line in said, said
        assert text in said.partition(line)[2]
    # The fixture of the module was made anew after it failed, and not again for tests that failed.
    calls = {name: len((folder / name).read_text()) for name in ("made", "whole", "whole-ended", "passes")}
    assert calls == {"made": 2, "whole": 1, "whole-ended": 1, "passes": 1}
