"""The bootstrap script, with stand-ins for Python, pip and uv: what it runs, when it does nothing, what it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from local import paths

FILES = ("local/bootstrap.sh", "local/toolchain/tools.lock", "requirements.lock", "pyproject.toml")

# Python, and the `python` of every environment that it makes; pip brings uv.
PYTHON = """#!/bin/sh
echo "python $*" >> "$CALLS"
case "$*" in
    *version_info*) exit ${OLD:-0} ;;
    *sys.executable*) echo /usr/bin/python3 ;;
    *ensurepip*) exit ${NO_VENV:-0} ;;
    "-m venv"*) mkdir -p "$MLP_CACHE/boot/bin" && cp "$0" "$MLP_CACHE/boot/bin/python" ;;
    "-m pip install"*) [ -z "${NO_NETWORK:-}" ] && cp "$UV" "$MLP_CACHE/boot/bin/uv" ;;
    "-m pip config"*) [ -n "${INDEX:-}" ] && echo "$INDEX" ;;
esac
"""
UV = """#!/bin/sh
echo "uv $* index=${UV_DEFAULT_INDEX:-}" >> "$CALLS"
case "$1" in venv) mkdir -p .venv/bin && cp "$PYTHON" .venv/bin/python ;; esac
"""


class Machine:
    """A checkout, an empty cache and a PATH with the stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.cache, self.calls = folder / "checkout", folder / "cache", folder / "calls"
        for name in FILES:
            (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(paths.checkout() / name, self.checkout / name)
        (folder / "bin").mkdir()
        for name, script in (("python3", PYTHON), ("uv-stub", UV)):
            (folder / "bin" / name).write_text(script)
            (folder / "bin" / name).chmod(0o755)
        self.environment = {
            "PATH": f"{folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(folder),
            "MLP_CACHE": str(self.cache),
            "CALLS": str(self.calls),
            "UV": f"{folder}/bin/uv-stub",
            "PYTHON": f"{folder}/bin/python3",
        }

    def run(self, **settings: str) -> subprocess.CompletedProcess[str]:
        self.calls.write_text("")
        command = ["sh", str(self.checkout / "local" / "bootstrap.sh")]
        return subprocess.run(
            command, env=self.environment | settings, capture_output=True, text=True, check=False, timeout=30
        )

    def called(self, text: str) -> bool:
        return text in self.calls.read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_second_run_does_nothing_and_says_nothing(machine: Machine) -> None:
    first = machine.run()
    assert first.returncode == 0, first.stderr
    assert machine.called("--require-hashes")
    assert machine.called("uv pip sync")
    assert machine.called("--no-deps --no-build-isolation --editable .")
    start = time.monotonic()
    second = machine.run()
    assert (second.returncode, second.stdout + second.stderr) == (0, "")
    assert time.monotonic() - start < 0.5 * max(1.0, os.getloadavg()[0])
    assert machine.calls.read_text() == ""


@pytest.mark.parametrize(
    ("changed", "tools", "environment"),
    [
        ("local/toolchain/tools.lock", True, False),
        ("requirements.lock", False, True),
        ("pyproject.toml", False, True),
    ],
)
def test_only_what_changed_is_made_again(changed: str, tools: bool, environment: bool, machine: Machine) -> None:
    machine.run()
    file = machine.checkout / changed
    file.write_text(file.read_text() + "\n# changed\n")
    assert machine.run().returncode == 0
    assert machine.called("-m pip install") is tools
    assert machine.called("uv pip sync") is environment
    assert not machine.called("uv venv"), "an environment that works is kept"


def test_a_run_that_failed_is_taken_up_again(machine: Machine) -> None:
    failed = machine.run(NO_NETWORK="1")
    assert failed.returncode == 1
    assert "pip couldn't install" in failed.stderr
    assert machine.run().returncode == 0
    assert not machine.called("-m venv"), "what was there already is used"


def test_an_environment_that_was_removed_is_made_again(machine: Machine) -> None:
    machine.run()
    shutil.rmtree(machine.checkout / ".venv")
    assert machine.run().returncode == 0
    assert machine.called("uv venv")
    assert not machine.called("-m pip install")


def test_a_checkout_that_was_moved_is_installed_again(machine: Machine) -> None:
    machine.run()
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("moved"))
    assert machine.run().returncode == 0
    assert machine.called("--editable .")


def test_a_probes_leftover_is_completed(machine: Machine) -> None:
    (machine.cache / "boot" / "bin").mkdir(parents=True)
    shutil.copy(machine.environment["PYTHON"], machine.cache / "boot" / "bin" / "python")
    assert machine.run().returncode == 0
    assert machine.called("-m pip install")
    assert not machine.called("-m venv")


def test_pips_index_is_uvs_too(machine: Machine) -> None:
    machine.run(INDEX="https://index.example/simple")
    assert machine.called("index=https://index.example/simple")


def test_an_old_python_is_said_with_the_fix(machine: Machine) -> None:
    for version in ("3.11", "3.12", "3.13"):
        shutil.copy(machine.environment["PYTHON"], Path(machine.environment["PYTHON"]).with_name(f"python{version}"))
    refused = machine.run(OLD="1")
    assert refused.returncode == 1
    assert "no Python 3.11 or newer" in refused.stderr
    assert "fix: install one" in refused.stderr
    assert not machine.called("-m venv")


def test_a_lock_that_is_missing(machine: Machine) -> None:
    (machine.checkout / "requirements.lock").unlink()
    refused = machine.run()
    assert refused.returncode == 1
    assert "a lock file is missing" in refused.stderr
