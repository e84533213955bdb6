"""The Makefile: every target says what it does, makes its environment first, and calls commands that exist."""

from __future__ import annotations

import re
import subprocess

import pytest

from local import paths

TEXT = (paths.checkout() / "Makefile").read_text()
RULES = dict(re.findall(r"^([a-z0-9-]+):([^#\n]*?)(?:## .*)?$", TEXT, re.MULTILINE))


def test_help_lists_every_target() -> None:
    printed = subprocess.run(["make", "help"], cwd=paths.checkout(), capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", TEXT, re.MULTILINE)
    assert phony is not None
    assert sorted(re.findall(r"^  make (\S+) +\S", printed, re.MULTILINE)) == sorted(phony[1].split())
    assert sorted(RULES) == sorted(phony[1].split())


@pytest.mark.parametrize("target", sorted(set(RULES) - {"help", "boot"}))
def test_the_environment_comes_first(target: str) -> None:
    needs = RULES[target].split()
    while needs and needs != ["boot"]:
        needs = RULES[needs[0]].split()
    assert needs == ["boot"]


def test_the_commands_exist() -> None:
    mlp = paths.checkout() / ".venv" / "bin" / "mlp"
    if not mlp.exists():
        pytest.skip("not run from the checkout's own environment: `make boot`")
    printed = subprocess.run([mlp, "--help"], capture_output=True, text=True, check=True).stdout
    offered = re.findall(r"^\W*([a-z]+) {2,}\S", printed, re.MULTILINE)
    called = set(re.findall(r"\$\(BIN\)/mlp (\w+)", TEXT))
    assert called and called <= set(offered)
