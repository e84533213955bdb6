"""Debian packages: what is asked of apt, and what is never done."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from local import packages
from local.problem import Problem
from local.tasks import Report

FAKE = """#!/bin/sh
# Stands in for {name}: notes how it was called, then does what the test wrote into its script.
echo "{name} $*" >> {log}
{script}
"""


@pytest.fixture
def report() -> Report:
    return Report("test", io.StringIO())


class Machine:
    """Fake dpkg and apt on a PATH of their own, and a note of every call."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.log = folder / "bin", folder / "calls"
        self.bin.mkdir()
        self.log.touch()

    def command(self, name: str, script: str) -> None:
        file = self.bin / name
        file.write_text(FAKE.format(name=name, log=self.log, script=script))
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def calls(self, name: str = "") -> list[str]:
        return [line for line in self.log.read_text().splitlines() if line.startswith(name)]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    fake = Machine(tmp_path)
    fake.command("dpkg-query", "echo installed runc; echo config-files nftables; exit 1")
    fake.command("apt-get", "exit 0")
    fake.command("dpkg", "exit 0")
    monkeypatch.setenv("PATH", f"{fake.bin}:/usr/bin:/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(packages, "_has_lists", lambda: True)
    monkeypatch.setattr(packages, "SERVICES", ())
    return fake


def test_missing_are_those_not_fully_installed(machine: Machine) -> None:
    assert packages.missing(["runc", "nftables", "buildah", "buildah"]) == ["nftables", "buildah"]


def test_nothing_missing_calls_nothing(machine: Machine, report: Report) -> None:
    packages.ensure(report, ["runc"])
    assert report.was_cached
    assert machine.calls("apt-get") == []


def test_installs_what_is_missing_and_removes_nothing(machine: Machine, report: Report) -> None:
    packages.ensure(report, ["runc", "buildah"])
    (call,) = machine.calls("apt-get")
    assert "install" in call and "buildah" in call and "runc" not in call
    assert "--no-remove" in call and "--no-install-recommends" in call


def test_updates_only_after_a_failure(machine: Machine, report: Report, tmp_path: Path) -> None:
    machine.command("apt-get", f'case "$1" in update) touch {tmp_path}/new;; install) test -f {tmp_path}/new;; esac')
    packages.ensure(report, ["buildah"])
    assert [call.split()[1] for call in machine.calls("apt-get")] == ["install", "update", "install"]


def test_updates_first_on_a_machine_without_lists(
    machine: Machine, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "_has_lists", lambda: False)
    packages.ensure(report, ["buildah"])
    assert [call.split()[1] for call in machine.calls("apt-get")] == ["update", "install"]


def test_an_interrupted_dpkg_is_finished(machine: Machine, report: Report, tmp_path: Path) -> None:
    machine.command("dpkg", f"touch {tmp_path}/configured")
    machine.command("apt-get", f"test -f {tmp_path}/configured || {{ echo dpkg was interrupted; exit 100; }}")
    packages.ensure(report, ["buildah"])


def test_a_failure_has_apts_own_words(machine: Machine, report: Report) -> None:
    machine.command("apt-get", "echo 'E: Packages need to be removed but remove is disabled.' >&2; exit 100")
    with pytest.raises(Problem, match="remove is disabled") as caught:
        packages.ensure(report, ["buildah"])
    assert "apt-get install buildah" in caught.value.fix


def test_without_root_says_what_to_run(machine: Machine, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Problem, match="buildah") as caught:
        packages.ensure(report, ["buildah"])
    assert caught.value.fix == "as root: apt-get install buildah"
    assert machine.calls("apt-get") == []


def test_not_a_debian(report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem, match="no apt-get"):
        packages.ensure(report, ["buildah"])


def test_a_new_service_is_masked_meanwhile_and_disabled_after(
    machine: Machine, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.command("systemctl", "exit 0")
    monkeypatch.setattr(packages, "SERVICES", ("not-there-yet.service",))
    monkeypatch.setattr(packages, "_has_systemd", lambda: True)
    machine.command("apt-get", 'test "$1" = update')
    with pytest.raises(Problem):
        packages.ensure(report, ["buildah"])
    called = [
        " ".join(call.split()[:2]) for call in machine.calls() if call.startswith(("systemctl", "apt-get install"))
    ]
    assert called == [
        "systemctl mask",
        "apt-get install",
        "apt-get install",
        "systemctl unmask",
        "systemctl disable",
    ]


def test_a_service_that_was_there_before_is_left_alone(
    machine: Machine, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.command("systemctl", "exit 0")
    monkeypatch.setattr(packages, "SERVICES", ("there.service",))
    monkeypatch.setattr(packages, "_has_systemd", lambda: True)
    monkeypatch.setattr(packages, "_has_unit", lambda _: True)
    packages.ensure(report, ["buildah"])
    assert machine.calls("systemctl") == []
