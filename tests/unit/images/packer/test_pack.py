"""From a ModelService's `model` to its annotation; done already, it changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from images.serving.mlplatform_packer import __main__ as program
from images.serving.mlplatform_packer import cluster as cluster_module
from images.serving.mlplatform_packer import pack
from images.serving.mlplatform_packer.cluster import Cluster
from images.serving.mlplatform_packer.errors import NoServiceError, PackError
from images.serving.mlplatform_packer.image import Reference
from images.serving.mlplatform_packer.pack import Packed, package
from tests.doubles import http_tool
from tests.doubles.http_tool import Asked
from tests.unit.images.packer.conftest import source

PATH = "/apis/mlplatform.dev/v1/namespaces/team-search/modelservices/keywords"


class Api:
    """An API server with one ModelService."""

    def __init__(self) -> None:
        self.service: dict[str, Any] = {
            "metadata": {"name": "keywords"},
            "spec": {"model": "models:/keywords@champion"},
        }
        self.status = 200
        self.asked: list[Asked] = []

    def answer(self, method: str, path: str, body: str) -> tuple[int, str]:
        if self.status != 200 or path != PATH:
            return (self.status if self.status != 200 else 404), "no"
        if method == "PATCH":
            self.service["metadata"].setdefault("annotations", {}).update(json.loads(body)["metadata"]["annotations"])
        return 200, json.dumps(self.service)

    @property
    def annotation(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.service["metadata"]["annotations"]["mlplatform.dev/package"])
        return found

    @property
    def patches(self) -> int:
        return sum(one.method == "PATCH" for one in self.asked)


@pytest.fixture
def api() -> Iterator[Api]:
    made = Api()
    with http_tool.serving(made.answer) as (url, asked):
        made.asked = asked
        made.url = url  # type: ignore[attr-defined]
        yield made


@pytest.fixture
def cluster(api: Api, tmp_path: Path) -> Cluster:
    account = tmp_path / "account"
    account.mkdir()
    (account / "token").write_text("the-token\n")
    (account / "namespace").write_text("team-search")
    return Cluster(api.url, "team-search", account)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch, base: Reference) -> None:
    monkeypatch.setenv("MLP_SERVING_IMAGE", str(base))
    monkeypatch.setattr(pack, "resolve", lambda uri: source())


def packed(cluster: Cluster) -> Packed:
    return package("keywords", cluster, lambda line: None)


def test_a_service_is_told_what_to_serve(api: Api, cluster: Cluster, base: Reference) -> None:
    found = packed(cluster)
    assert found.changed and found.version == "3" and found.model == "keywords" and found.run == "run-1"
    assert found.image.startswith(f"{base.host}/mlplatform/model-team-search-keywords@sha256:")
    at = api.annotation.pop("at")
    assert at.endswith("+00:00")
    assert {**api.annotation, "at": at} == {
        "image": found.image,
        "version": "3",
        "model": "keywords",
        "run": "run-1",
        "at": at,
    }
    assert json.loads(found.annotation) == api.annotation
    (patch,) = [one for one in api.asked if one.method == "PATCH"]
    assert patch.headers["content-type"] == "application/merge-patch+json"
    assert {one.headers["authorization"] for one in api.asked} == {"Bearer the-token"}


def test_the_same_version_again_changes_nothing(api: Api, cluster: Cluster) -> None:
    first = packed(cluster)
    second = packed(cluster)
    assert not second.changed and second.image == first.image
    assert api.patches == 1


def test_another_version_is_rolled_out(api: Api, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    first = packed(cluster)
    monkeypatch.setattr(pack, "resolve", lambda uri: source("4", "others"))
    second = packed(cluster)
    assert second.changed and second.image != first.image and api.annotation["version"] == "4"


@pytest.mark.parametrize(
    ("reason", "about_it", "again"), [("Slow", True, True), ("Canary", True, False), ("Slow", False, False)]
)
def test_what_was_rolled_back_is_tried_again_when_asked(
    api: Api, cluster: Cluster, reason: str, about_it: bool, again: bool
) -> None:
    packed(cluster)
    text = api.service["metadata"]["annotations"]["mlplatform.dev/package"]
    api.service["status"] = {
        "package": hashlib.sha256(text.encode()).hexdigest()[:12] if about_it else "0" * 12,
        "conditions": [{"type": "Ready", "status": "True"}, {"type": "RolledOut", "status": "False", "reason": reason}],
    }
    assert packed(cluster).changed is again


@pytest.mark.parametrize(("status", "kind"), [(404, NoServiceError), (403, NoServiceError), (500, PackError)])
def test_a_service_that_isnt_there_is_said(api: Api, cluster: Cluster, status: int, kind: type[PackError]) -> None:
    api.status = status
    with pytest.raises(kind) as error:
        packed(cluster)
    assert isinstance(error.value, NoServiceError) is (kind is NoServiceError)
    assert "\n  fix: " in str(error.value) and "the-token" not in str(error.value)


def test_a_pod_without_token_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "100.64.128.1")
    with pytest.raises(NoServiceError, match=r"has no token.*\n.*`models:`"):
        Cluster.own(tmp_path)


def test_a_pod_s_own_cluster(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "100.64.128.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    found = Cluster.own(cluster.account)
    assert (found.server, found.namespace) == ("https://100.64.128.1:443", "team-search")


def test_without_a_serving_image_nothing_is_asked(api: Api, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLP_SERVING_IMAGE")
    with pytest.raises(PackError, match="MLP_SERVING_IMAGE isn't set"):
        packed(cluster)
    assert not api.asked


def test_the_program_says_it_for_programs(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster_module.Cluster, "own", classmethod(lambda kind: cluster))
    assert program.main(["keywords"]) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert json.loads(last.removeprefix("result: "))["version"] == "3"
    assert program.main([]) == 2
    assert program.main(["another"]) == 1
    assert "there is no model service another" in capsys.readouterr().err
