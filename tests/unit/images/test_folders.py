"""What every image folder of the checkout keeps to."""

from __future__ import annotations

import re

import pytest

from images import catalog
from images.catalog import Image

IMAGES = catalog.load()
WITH_PYTHON = [image for image in IMAGES.values() if (image.folder / "requirements.in").is_file()]
WITH_FILE = [image for image in IMAGES.values() if image.kind != "binary"]


@pytest.mark.parametrize("image", IMAGES.values(), ids=lambda image: image.name)
def test_it_says_what_it_is_and_is_tried(image: Image) -> None:
    first = (image.folder / "README.md").read_text().splitlines()[0]
    assert first == f"# {image.name}"
    assert image.smoke or (image.folder / "smoke.sh").is_file()


@pytest.mark.parametrize("image", WITH_FILE, ids=lambda image: image.name)
def test_a_containerfile_ends_as_another_user_than_root(image: Image) -> None:
    users = re.findall(r"^USER (\S+)$", (image.folder / "Containerfile").read_text(), re.MULTILINE)
    assert users[-1] == "10001:10001"


@pytest.mark.parametrize("image", WITH_FILE, ids=lambda image: image.name)
def test_it_builds_on_ours_and_installs_by_our_tools_alone(image: Image) -> None:
    text = (image.folder / "Containerfile").read_text()
    assert re.findall(r"^FROM (\S+)$", text, re.MULTILINE) == ["${BASE}" if image.base else "scratch"]
    assert not re.search(r"pip install|apt-get|apt install|curl|wget", text)


@pytest.mark.parametrize("image", WITH_PYTHON, ids=lambda image: image.name)
def test_every_requirement_is_locked_with_hashes(image: Image) -> None:
    lock = (image.folder / "requirements.lock").read_text()
    entries = re.split(r"\n(?=[a-z0-9])", lock, flags=re.IGNORECASE)
    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry
    assert "://" not in lock
    wanted = re.findall(r"^(\w[\w.-]*)", (image.folder / "requirements.in").read_text(), re.MULTILINE)
    for name in wanted:
        assert re.search(rf"^{re.escape(name)}==", lock, re.MULTILINE), f"{name} isn't in the lock: compile it anew"


def test_only_what_kubeadm_runs_as_root_is_root() -> None:
    root = {image.name for image in IMAGES.values() if image.kind == "binary" and image.user.startswith("0:")}
    assert root == {"kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "coredns"}
