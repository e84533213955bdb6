from __future__ import annotations

import json

from components.kubernetes import restricted
from images.jupyterhub.mlplatform_hub import pod
from images.jupyterhub.mlplatform_hub.directory import Directory

NAME = "notebook-ada"


def test_it_is_restricted_as_everything_else() -> None:
    assert pod.security() == restricted.pod_security()
    assert pod.container_security() == restricted.container_security()


def test_home_is_the_persons_own_and_inside_of_it_is_what_the_team_shares(directory: Directory) -> None:
    team = directory.teams["search"]
    claims = {
        one["name"]: one["persistentVolumeClaim"]["claimName"]
        for one in pod.volumes(team, "home-ada")
        if "persistentVolumeClaim" in one
    }
    places = {one["name"]: one["mountPath"] for one in pod.mounts(team)}
    assert claims == {"home": "home-ada", "shared": "team-shared"}
    assert places["shared"].startswith(places["home"])
    assert [one["name"] for one in pod.volumes(team, "home-ada")] == [one["name"] for one in pod.mounts(team)]


def test_the_teams_files_are_mounted_where_they_are_there(directory: Directory) -> None:
    (files,) = [one for one in pod.volumes(directory.teams["search"], "h") if one["name"].startswith("files-")]
    assert files["configMap"] == {"name": "feature-store", "optional": True}


def test_secrets_are_the_teams_own(directory: Directory) -> None:
    assert pod.from_secrets(directory.teams["search"]) == [
        {"secretRef": {"name": "worker-keys"}},
        {"secretRef": {"name": "feature-keys", "optional": True}},
    ]


def test_the_hubs_token_is_nowhere_in_the_pod() -> None:
    given = {"JUPYTERHUB_API_TOKEN": "very-secret", "JPY_API_TOKEN": "very-secret", "JUPYTERHUB_USER": "ada"}
    shown, token = pod.hide_tokens(given, NAME)
    assert token == "very-secret"
    assert "very-secret" not in json.dumps(shown)
    assert shown["JUPYTERHUB_USER"] == "ada"
    assert shown["JUPYTERHUB_API_TOKEN"]["valueFrom"] == {"secretKeyRef": {"name": NAME, "key": "token"}}


def test_what_is_made_for_a_team_goes_with_it(directory: Directory) -> None:
    owner = pod.owner("mlplatform.dev", directory.teams["search"])
    secret = pod.token_secret(NAME, "ada", "t", owner)
    assert secret["metadata"]["ownerReferences"] == [
        {"apiVersion": "mlplatform.dev/v1", "kind": "NotebookTeam", "name": "team-search", "uid": "uid-search"}
    ]


def test_kernels_end_before_their_notebook() -> None:
    assert pod.kernel_arguments(3600)[:2] == [
        "--MappingKernelManager.cull_idle_timeout=3600",
        "--MappingKernelManager.cull_interval=60",
    ]
    assert "--MappingKernelManager.cull_interval=5" in pod.kernel_arguments(10)
