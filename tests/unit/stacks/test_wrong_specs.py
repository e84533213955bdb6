"""Three hundred wrong specs through the whole program: each ends in a short, helpful error with nothing registered."""

from __future__ import annotations

import runpy
import tempfile
from collections import Counter
from pathlib import Path

import pulumi
import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from stacks import build
from tests.unit.components.recorded import Recorder
from tests.unit.stacks.wrong_specs import RIGHT, SORTS, STACKS, Wrong, wrong_specs

seen: Counter[str] = Counter()


def run_program(stack: str, texts: dict[str, str]) -> tuple[Recorder, str]:
    """Run `stacks/__main__.py` of a stack with these specs. What is registered, and the `RunError` that must come."""
    recorder = Recorder()
    with tempfile.TemporaryDirectory() as made, pytest.MonkeyPatch.context() as patch:
        for name, text in texts.items():
            (Path(made) / f"{name}.yaml").write_text(text, "utf-8")
        patch.setattr(build, "STACKS", Path(made))
        pulumi.runtime.set_mocks(recorder, project="mlplatform", stack=stack, preview=False)
        with pytest.raises(pulumi.RunError) as caught:
            runpy.run_path(str(STACKS / "__main__.py"), run_name="__main__")
    return recorder, str(caught.value)


@given(wrong=wrong_specs())
@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def each_is_told(wrong: Wrong) -> None:
    """At most three lines with file, path, value and fix, before anything is registered."""
    right = {name: yaml.safe_dump(data, sort_keys=False) for name, data in RIGHT.items()}
    recorder, error = run_program(wrong.stack, {**right, wrong.stack: wrong.text})
    lines = error.splitlines()
    assert recorder.resources == []
    assert 2 <= len(lines) <= 3, error
    assert all(len(line) < 300 for line in lines), error
    head, fix = lines[0], lines[1]
    assert head.startswith(f"stacks/{wrong.stack}.yaml"), error
    assert f" {wrong.path}" in head, error
    assert wrong.value in head or wrong.value[:70] in head, error
    assert fix.startswith("  fix: ") and len(fix) > 15, error
    assert "Traceback" not in error
    seen[wrong.why] += 1


def test_three_hundred_wrong_specs_of_every_sort() -> None:
    each_is_told()
    assert sum(seen.values()) >= 300
    assert len(seen) == len(SORTS), seen
