"""The container that a notebook's task has beside its own: of the current image, restricted, with the team's keys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kubernetes import client as k8s

from images.airflow.mlplatform_airflow import notebook_pod

IMAGES = {"notebook-small": "r/mlplatform/notebook-small@sha256:1", "notebook": ""}


@pytest.fixture(autouse=True)
def images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(notebook_pod.IMAGES, json.dumps(IMAGES))


def pod(image: str = "") -> k8s.V1Pod:
    wanted = {notebook_pod.ANNOTATION: json.dumps({"image": image, "cpu": "200m", "memory": "1Gi"})} if image else None
    security = k8s.V1SecurityContext(run_as_non_root=True, read_only_root_filesystem=True)
    base = k8s.V1Container(name="base", image="worker", security_context=security)
    volumes = [k8s.V1Volume(name="tmp", empty_dir=k8s.V1EmptyDirVolumeSource())]
    return k8s.V1Pod(
        metadata=k8s.V1ObjectMeta(annotations=wanted), spec=k8s.V1PodSpec(containers=[base], volumes=volumes)
    )


def plain(made: k8s.V1Pod) -> dict[str, Any]:
    found: dict[str, Any] = k8s.ApiClient().sanitize_for_serialization(made)
    return found


def test_any_other_pod_stays_as_it_is() -> None:
    made, before = pod(), plain(pod())
    notebook_pod.complete(made)
    assert plain(made) == before


def test_a_sidecar_that_ends_with_the_task() -> None:
    made = pod("notebook-small")
    notebook_pod.complete(made)
    spec = plain(made)["spec"]
    (sidecar,) = spec["initContainers"]
    assert sidecar["restartPolicy"] == "Always"
    assert sidecar["image"] == IMAGES["notebook-small"]
    assert sidecar["securityContext"] == spec["containers"][0]["securityContext"]
    assert sidecar["resources"] == {"requests": {"cpu": "200m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
    assert [source["secretRef"]["name"] for source in sidecar["envFrom"]] == ["worker-keys", "feature-keys"]
    volumes = {volume["name"] for volume in spec["volumes"]}
    for container in (sidecar, spec["containers"][0]):
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounts["notebook"] == notebook_pod.FOLDER
        assert set(mounts) <= volumes


def test_the_two_containers_share_no_scratch_folder() -> None:
    made = pod("notebook-small")
    notebook_pod.complete(made)
    assert "tmp" not in {mount["name"] for mount in plain(made)["spec"]["initContainers"][0]["volumeMounts"]}


@pytest.mark.parametrize(("image", "said"), [("notebook", "mlp images notebook"), ("other", "use one of")])
def test_an_image_that_isnt_there_is_said_with_what_helps(image: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        notebook_pod.complete(pod(image))


def test_in_a_tasks_own_pod_nobody_says_which_images_there_are() -> None:
    assert notebook_pod.problem("notebook", {}) == ""
