"""The golden images as they were really built here: nothing of this machine in them, the same again, by digest."""

from __future__ import annotations

import json
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from images import build, catalog, fingerprint, releases, storage, tasks
from images.catalog import Image
from local import paths
from local.problem import Problem
from local.tasks import Report
from local.tasks import run as run_tasks
from local.toolchain import gobinaries
from tests.support.cluster import Cluster

pytestmark = pytest.mark.root

OURS = ("mlp-foundation", "mlp-platform", "mlp-examples")
NOTHING_CHANGED_SECONDS = 2.0
"""For all images: buildah takes a tenth of a second to say that one is there."""
# Every certificate of the bundle must be one that Debian's package ships, or it came from the machine that built.
AUTHORITIES = """
import pathlib, re
form = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.S)
bundle = form.findall(pathlib.Path("/etc/ssl/certs/ca-certificates.crt").read_text())
files = pathlib.Path("/usr/share/ca-certificates").rglob("*.crt")
shipped = {found for file in files for found in form.findall(file.read_text())}
assert len(bundle) > 100, len(bundle)
assert set(bundle) <= shipped, "certificates that Debian doesn't ship"
"""
LEFTOVERS = """
import pathlib
for place in ("/var/lib/apt/lists", "/var/cache/apt/archives", "/root/.cache", "/home/mlp/.cache", "/mnt", "/media"):
    left = [path for path in pathlib.Path(place).rglob("*") if path.is_file() and path.name != "lock"]
    assert not left, left
"""


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache with the programs that are built already and nothing else."""
    real = paths.cache()
    for name in ("bin", "boot", "uv"):
        (tmp_path / name).symlink_to(real / name)
    monkeypatch.setenv("MLP_CACHE", str(tmp_path))
    storage.driver.cache_clear()
    yield tmp_path
    storage.driver.cache_clear()


@pytest.fixture
def python_in(platform: object, tmp_path: Path) -> Callable[[Image, str], str]:
    """Run a Python program in a container of a built image, as the image's user."""

    def run(image: Image, program: str) -> str:
        log, name = tmp_path / "log", f"test-{uuid.uuid4().hex[:8]}"
        run_tasks(tasks.tasks([image.name]))
        reference = build.built(image, fingerprint.tag(image))
        storage.buildah(["from", "--pull-never", "--name", name, reference], log, "test")
        try:
            return storage.buildah(["run", name, "--", "python3", "-c", program], log, f"test in {image.name}")
        finally:
            storage.buildah(["rm", name], log, "test")

    return run


@pytest.mark.parametrize("name", tasks.platform_images())
def test_nothing_of_the_machine_is_in_an_image(python_in: Callable[[Image, str], str], name: str) -> None:
    said = python_in(catalog.load()[name], f"{AUTHORITIES}\n{LEFTOVERS}\nimport os; print(os.getuid())")
    assert said.strip() == "10001"


def test_all_of_ours_run_by_the_digests_of_the_release(cluster: Cluster) -> None:
    pinned = {digest: name for name, digest in releases.read(releases.LOCAL).items()}
    seen = set()
    for namespace in OURS:
        for pod in cluster.items("pods", "-n", namespace):
            for container in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]:
                repository, _, digest = container["image"].partition("@")
                assert pinned.get(digest) == repository.rsplit("/", 1)[-1], container["image"]
                seen.add(pinned[digest])
    assert seen >= {"postgres", "object-store", "mlflow"}


def test_nothing_changed_is_found_out_at_once(platform: object, say: Callable[[str], None]) -> None:
    everything = tasks.tasks([*tasks.node_images(), *tasks.platform_images()])
    run_tasks(everything)
    start = time.monotonic()
    for name in (*tasks.node_images(), *tasks.platform_images()):
        image = catalog.load()[name]
        assert not build.build(image, Report(image.name)).fresh
    took = time.monotonic() - start
    sizes = ", ".join(f"{name} {size / 1e9:.1f} GB" for name, size in storage.disk_usage().items())
    say(f"images: {len(everything)} found unchanged in {took:.2f} s; {sizes}")
    assert took < NOTHING_CHANGED_SECONDS


def test_the_same_inputs_make_the_same_image(platform: object, own_cache: Path) -> None:
    def once() -> str:
        """The digest of the image's manifest; the archive's own file times are those of now."""
        build.build(catalog.load()["pause"], Report("pause"))
        with tarfile.open(build.archive(catalog.load()["pause"])) as archive:
            index = archive.extractfile("index.json")
            assert index
            return str(json.load(index)["manifests"][0]["digest"])

    first = once()
    storage.prune({})
    assert storage.stored() == set()
    assert once() == first


def test_a_failed_smoke_test_says_why_and_leaves_nothing(platform: object, own_cache: Path, tmp_path: Path) -> None:
    broken = Image("pause", "binary", binary="pause", smoke=("/usr/local/bin/paws",))
    with pytest.raises(Problem) as caught:
        build.build(broken, Report("pause"))
    assert "smoke test of image pause failed" in caught.value.what
    assert "paws" in caught.value.what
    assert str(own_cache / "logs/image-pause.log") in caught.value.fix
    assert storage.stored() == set()
    assert storage.buildah(["containers", "--quiet"], tmp_path / "log", "test").strip() == ""
    assert str(own_cache) not in Path("/proc/self/mountinfo").read_text()


def test_programs_in_images_are_the_ones_built_here() -> None:
    for image in catalog.load().values():
        if image.binary:
            assert gobinaries.path_of(image.binary).is_file()
