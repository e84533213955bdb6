"""What is written beside the engine, and the environment of plain `pulumi`."""

from __future__ import annotations

import io
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from local import paths
from local.problem import Problem
from local.tasks import Report
from local.toolchain import engine, plugins, setup, state
from local.toolchain.engine import Engine

VERSION = plugins.provider_version()
OWN_PROVIDER = f"home/plugins/resource-kubernetes-v{VERSION}/pulumi-resource-kubernetes"


@pytest.fixture
def report() -> Report:
    return Report("test", io.StringIO())


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with nothing installed."""
    monkeypatch.setenv("MLP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in ("PULUMI_HOME", "MLP_KUBE_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def built(tmp_path: Path) -> Engine:
    file = tmp_path / "cache" / "bin" / "pulumi-0123"
    file.parent.mkdir(parents=True)
    file.write_text("#!/bin/sh\necho v3.246.0\n")
    file.chmod(0o755)
    return Engine(file, "built from Go modules")


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def official_provider(home: Path) -> None:
    file = home / "plugins" / f"resource-kubernetes-v{VERSION}" / "pulumi-resource-kubernetes"
    file.parent.mkdir(parents=True)
    file.touch()


def test_a_built_engine_gets_host_and_provider(built: Engine, report: Report) -> None:
    found = plugins.ensure(built, report)
    assert names(found.folder) == ["kubectl", "pulumi", "pulumi-language-python"]
    assert (found.folder / "pulumi").stat().st_ino == built.path.stat().st_ino, "a link would hide what lies beside it"
    assert found.pulumi_home is not None
    assert (found.folder.parent / OWN_PROVIDER).stat().st_mode & stat.S_IXUSR
    assert plugins.locate(built) == found
    plugins.ensure(built, report)
    assert report.was_cached


def test_the_executables_run_this_environments_python_from_anywhere(
    built: Engine, report: Report, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere" / "local").mkdir(parents=True)
    (tmp_path / "elsewhere" / "local" / "language_host.py").write_text("print('not this one')")
    found = plugins.ensure(built, report)
    host = subprocess.Popen(
        [found.folder / "pulumi-language-python", "127.0.0.1:1"],
        cwd=tmp_path / "elsewhere",
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert host.stdout is not None
        assert host.stdout.readline().strip().isdigit()
    finally:
        host.kill()
        host.wait()


def test_what_is_official_is_left_alone(tmp_path: Path, report: Report) -> None:
    release = tmp_path / "release"
    release.mkdir()
    (release / "pulumi").touch()
    (release / "pulumi-language-python").touch()
    official_provider(tmp_path / "user" / ".pulumi")
    found = plugins.ensure(Engine(release / "pulumi", "on PATH"), report)
    assert names(found.folder) == ["kubectl", "pulumi"]
    assert (found.folder / "pulumi").resolve() == release / "pulumi"
    assert found.pulumi_home is None


def test_an_engine_that_can_download_is_asked_for_the_official_provider(tmp_path: Path, report: Report) -> None:
    own = tmp_path / "own" / "pulumi"
    own.parent.mkdir()
    where = tmp_path / "user" / ".pulumi" / "plugins" / f"resource-kubernetes-v{VERSION}"
    own.write_text(f'#!/bin/sh\n[ "$*" = "plugin install resource kubernetes {VERSION}" ] || exit 1\n'
                   f"mkdir -p {where} && touch {where}/pulumi-resource-kubernetes\n")  # fmt: skip
    own.chmod(0o755)
    assert plugins.ensure(Engine(own, "on PATH"), report).pulumi_home is None


def test_one_that_cannot_gets_ours(tmp_path: Path, report: Report) -> None:
    own = tmp_path / "own" / "pulumi"
    own.parent.mkdir()
    own.write_text("#!/bin/sh\nexit 1\n")
    own.chmod(0o755)
    assert plugins.ensure(Engine(own, "on PATH"), report).pulumi_home is not None


def test_inside_our_environment_the_official_provider_is_still_seen(
    built: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    ours = plugins.ensure(built, report)
    monkeypatch.setenv("PULUMI_HOME", str(ours.pulumi_home))
    assert plugins.official_provider() is None
    official_provider(tmp_path / "user" / ".pulumi")
    assert plugins.official_provider() is not None


def test_folders_of_this_checkouts_past_and_of_gone_ones_are_removed(
    built: Engine, tmp_path: Path, report: Report
) -> None:
    cache = tmp_path / "cache"
    pythons = {"past": sys.executable, "gone": str(tmp_path / "gone" / "python"), "other": "/bin/sh"}
    for name, python in pythons.items():
        (cache / f"plugins-{name}").mkdir()
        (cache / f"plugins-{name}" / "python").write_text(python)
    found = plugins.ensure(built, report)
    assert sorted(folder.name for folder in cache.glob("plugins-*")) == sorted(
        [found.folder.parent.name, "plugins-other"]
    )


def test_environment(built: Engine, monkeypatch: pytest.MonkeyPatch, report: Report, tmp_path: Path) -> None:
    monkeypatch.setattr(engine, "locate", lambda: built)
    variables = setup.ensure(report)
    assert shutil.which("pulumi", path=variables["PATH"]) == str(plugins.ensure(built, report).folder / "pulumi")
    assert variables["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/home/state?metadata=skip"
    assert variables["KUBECONFIG"] == str(tmp_path / "home" / "kubeconfig")
    assert Path(variables["PULUMI_CONFIG_PASSPHRASE_FILE"]).exists()
    monkeypatch.setenv("PATH", variables["PATH"])
    assert setup.environment()["PATH"] == variables["PATH"], "entered twice, PATH mustn't grow"


def test_with_a_cluster_of_ones_own_kubeconfig_is_the_users(
    built: Engine, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    monkeypatch.setattr(engine, "locate", lambda: built)
    monkeypatch.setenv("MLP_KUBE_CONTEXT", "mine")
    assert "KUBECONFIG" not in setup.ensure(report)


def test_before_anything_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "locate", lambda: None)
    with pytest.raises(Problem, match="make up"):
        setup.environment()


def test_secrets_are_made_once_and_for_this_user_alone(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    state.ensure()
    first = [paths.passphrase().read_text(), paths.root_secret().read_text()]
    state.ensure()
    assert [paths.passphrase().read_text(), paths.root_secret().read_text()] == first
    assert first[0] != first[1]
    assert min(map(len, first)) >= 32
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (paths.home(), *paths.home().iterdir())}
    assert modes == {"home": 0o700, "state": 0o700, "passphrase": 0o600, "root-secret": 0o600}


def test_a_secret_that_another_process_made_meanwhile_counts(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("theirs")
    state._create(file, "ours")
    assert file.read_text() == "theirs"
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["secret"]
