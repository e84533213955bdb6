"""A tag changes with each thing that goes into an image and with nothing else; and why is said in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from images import fingerprint
from images.catalog import Image
from local.problem import Problem
from local.toolchain import gobinaries

Images = Callable[[], dict[str, Image]]


def tags(images: Images) -> dict[str, str]:
    loaded = images()
    return {name: fingerprint.tag(image, loaded) for name, image in loaded.items()}


def changed(images: Images, change: Callable[[], object]) -> set[str]:
    before = tags(images)
    change()
    after = tags(images)
    return {name for name in before if before[name] != after[name]}


def test_a_tag_is_stable(images: Images) -> None:
    assert tags(images) == tags(images)
    assert all(len(tag) == 16 for tag in tags(images).values())


def test_a_file_changes_its_image(checkout: Path, images: Images) -> None:
    assert changed(images, lambda: (checkout / "images/app/Containerfile").write_text("FROM x\n")) == {"app"}


def test_a_base_changes_what_builds_on_it(checkout: Path, images: Images) -> None:
    assert changed(images, lambda: (checkout / "images/base/smoke.sh").write_text("false\n")) == {"base", "app"}


def test_copied_code_changes_its_image(checkout: Path, images: Images) -> None:
    assert changed(images, lambda: (checkout / "code/train.py").write_text("print(2)\n")) == {"app"}


def test_tools_change_what_they_install_in(checkout: Path, images: Images) -> None:
    assert changed(images, lambda: (checkout / "images/tools/install").write_text("x\n")) == {"base", "app"}


def test_a_rebuilt_program_changes_its_image(images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rebuild() -> None:
        monkeypatch.setattr(gobinaries, "path_of", lambda name: tmp_path / f"{name}-bbbb")

    assert changed(images, rebuild) == {"dns"}


def test_an_executable_bit_counts(checkout: Path, images: Images) -> None:
    assert changed(images, lambda: (checkout / "images/app/smoke.sh").chmod(0o755)) == {"app"}


def test_another_base_image_counts(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    assert changed(images, lambda: monkeypatch.setenv("MLP_BASE_IMAGE", "debian:13")) == {"base", "app"}


def test_a_readme_and_caches_dont_count(checkout: Path, images: Images) -> None:
    def write() -> None:
        (checkout / "images/app/README.md").write_text("# app\n")
        (checkout / "code/__pycache__").mkdir()
        (checkout / "code/__pycache__/train.pyc").write_bytes(b"x")

    assert changed(images, write) == set()


def test_a_folder_to_copy_that_is_missing_is_named(checkout: Path, images: Images) -> None:
    (checkout / "images/app/image.toml").write_text('kind = "containerfile"\ncopy = ["cod"]\n')
    with pytest.raises(Problem, match="copy 'cod' isn't a folder"):
        tags(images)


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({}, {"a": "1"}, "not built here before"),
        ({"a": "1"}, {"a": "1"}, "its image is no longer in the storage"),
        ({"a": "1"}, {"a": "2"}, "a changed"),
        ({"a": "1"}, {"a": "1", "b": "1"}, "b is new"),
        ({"a": "1", "b": "1"}, {"a": "1"}, "b is gone"),
        (dict.fromkeys("abcde", "1"), dict.fromkeys("abcde", "2"), "a changed, b changed, c changed and 2 more"),
    ],
)
def test_why_in_words(before: dict[str, str], now: dict[str, str], said: str) -> None:
    assert fingerprint.reasons(before, now) == said


def test_the_inputs_of_a_build_are_remembered(images: Images) -> None:
    assert fingerprint.last_inputs("app") == {}
    fingerprint.note("app", {"a": "1"})
    assert fingerprint.last_inputs("app") == {"a": "1"}
