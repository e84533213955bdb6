"""Where models come from; what isn't there is said with what would help."""

from __future__ import annotations

import io
import sys
import tarfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from images.serving.mlplatform_packer import source
from images.serving.mlplatform_packer.errors import PackError


class MlflowException(Exception):  # noqa: N818 - its name there
    def __init__(self, message: str, error_code: str) -> None:
        super().__init__(message)
        self.message, self.error_code = message, error_code


@pytest.fixture
def mlflow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """MLflow's client with one model of two versions, of which the second is champion."""
    module: Any = ModuleType("mlflow")

    def version(name: str, number: str) -> SimpleNamespace:
        if name != "keywords" or number not in ("1", "2"):
            raise MlflowException("Registered Model with name=x not found", "RESOURCE_DOES_NOT_EXIST")
        return SimpleNamespace(
            version=number, status="READY", run_id=f"run-{number}", source=f"models:/m-{number}", creation_timestamp=5
        )

    def download(uri: str, dst_path: str) -> None:
        module.fetched = uri
        Path(dst_path).mkdir()
        (Path(dst_path) / "MLmodel").write_text("flavors: {}")

    module.MlflowClient = lambda: SimpleNamespace(
        get_model_version=version,
        get_model_version_by_alias=lambda name, alias: version(name, "2" if alias == "champion" else "none"),
    )
    module.artifacts = SimpleNamespace(download_artifacts=download)
    module.exceptions = SimpleNamespace(MlflowException=MlflowException)
    monkeypatch.setitem(sys.modules, "mlflow", module)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    return module


@pytest.mark.parametrize(("uri", "version"), [("models:/keywords@champion", "2"), ("models:/keywords/1", "1")])
def test_a_version_by_alias_or_number(mlflow: Any, tmp_path: Path, uri: str, version: str) -> None:
    found = source.resolve(uri)
    assert (found.kind, found.model, found.version, found.run) == ("mlflow", "keywords", version, f"run-{version}")
    found.fetch(tmp_path)
    assert mlflow.fetched == f"models:/keywords/{version}", "what was resolved, whatever the alias is by then"
    assert (tmp_path / "model" / "MLmodel").is_file()


def test_a_version_of_the_same_number_made_anew_is_another(mlflow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = source.resolve("models:/keywords/1")
    again = SimpleNamespace(version="1", status="READY", run_id="r", source="models:/m-9", creation_timestamp=9)
    mlflow.MlflowClient = lambda: SimpleNamespace(get_model_version=lambda name, number: again)
    assert source.resolve("models:/keywords/1").stamp != first.stamp


@pytest.mark.parametrize("uri", ["models:/keywords@nobody", "models:/others/1", "models:/keywords/7"])
def test_what_isnt_registered_is_said(mlflow: Any, uri: str) -> None:
    with pytest.raises(PackError, match=r"there is no model .* in MLflow.*\n.*register it"):
        source.resolve(uri)


def test_what_mlflow_refuses_is_said(mlflow: Any) -> None:
    def refuse(name: str, number: str) -> None:
        raise MlflowException("Permission denied", "PERMISSION_DENIED")

    mlflow.MlflowClient = lambda: SimpleNamespace(get_model_version=refuse)
    with pytest.raises(PackError, match="Permission denied"):
        source.resolve("models:/keywords/1")


@pytest.mark.parametrize("uri", ["", "keywords", "models:/a/b", "models:/a@", "bento:", "s3://bucket/a"])
def test_what_is_no_model(uri: str) -> None:
    with pytest.raises(PackError, match="isn't a model"):
        source.resolve(uri)


def test_without_a_server_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(PackError, match="MLFLOW_TRACKING_URI isn't set"):
        source.resolve("models:/keywords/1")


def bento(path: Path, *names: str) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = 2
            tar.addfile(entry, io.BytesIO(b"hi"))
    return path


def test_a_bento_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    source.unpack(bento(tmp_path / "a.bento", "bento.yaml", "src/service.py"), tmp_path / "to")
    assert (tmp_path / "to" / "src" / "service.py").read_text() == "hi"


@pytest.mark.parametrize("names", [("src/service.py",), ("../out", "bento.yaml"), ("/etc/out", "bento.yaml")])
def test_what_is_no_bento_or_leaves_its_folder(tmp_path: Path, names: tuple[str, ...]) -> None:
    (tmp_path / "to").mkdir()
    archive = bento(tmp_path / "a.bento", *names)
    if names[0].startswith("/"):
        source.unpack(archive, tmp_path / "to")
        assert (tmp_path / "to" / "etc" / "out").is_file(), "below its folder, as tar's filter has it"
        return
    with pytest.raises(PackError, match="the Bento"):
        source.unpack(archive, tmp_path / "to")
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "a.bento").write_text("no")
    with pytest.raises(PackError, match="no tar that can be read"):
        source.unpack(tmp_path / "a.bento", tmp_path)
