"""Who a team names is compared with whom its platform knows, before anything is registered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pulumi
import pytest
import yaml

from stacks.spec import load

STACKS = Path(__file__).resolve().parents[4] / "stacks"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in STACKS.glob("local-*.yaml"):
        shutil.copy(path, tmp_path / path.name)
    return tmp_path


def change(path: Path, *place: str, to: object) -> None:
    data = yaml.safe_load(path.read_text())
    inside = data
    for part in place[:-1]:
        inside = inside[part]
    if to is None:
        inside.pop(place[-1])
    else:
        inside[place[-1]] = to
    path.write_text(yaml.safe_dump(data, sort_keys=False))


def test_a_person_that_the_platform_does_not_know_is_told_with_the_nearest_name(folder: Path) -> None:
    file = folder / "local-team-search.yaml"
    load(file)
    change(file, "notebooks", "people", to=["ada", "alam"])
    with pytest.raises(pulumi.RunError) as told:
        load(file)
    what, fix = str(told.value).splitlines()
    assert "notebooks.people[1] is 'alam', whom local-platform.yaml doesn't know" in what
    assert fix == "  fix: add it to notebooks.people of local-platform.yaml, or did you mean `alan`"


def test_a_platform_without_notebooks_is_told(folder: Path) -> None:
    change(folder / "local-platform.yaml", "notebooks", to=None)
    with pytest.raises(pulumi.RunError) as told:
        load(folder / "local-team-search.yaml")
    assert "notebooks is there, and local-platform.yaml has none" in str(told.value)
    assert "add `notebooks` with `people` and `profiles` to local-platform.yaml" in str(told.value)
