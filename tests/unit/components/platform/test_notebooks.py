from __future__ import annotations

import re

import pulumi
import pytest
from pydantic import ValidationError

from components.foundation.contract import NodePool, Taint
from components.kubernetes.secrets import derive_text
from components.platform import notebooks, notebooks_admission, notebooks_kind, notebooks_pod
from components.platform.notebooks_spec import NotebooksSpec, ProfileSpec
from components.team.names import FEATURE_KEYS, FEATURE_STORE, NOTEBOOK, WORKER_KEYS
from images.jupyterhub.mlplatform_hub import __main__ as program
from images.jupyterhub.mlplatform_hub import pod, settings
from images.jupyterhub.mlplatform_hub.directory import team
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, plain


def one(kind: str, name: str) -> Recorded:
    (item,) = [item for item in stacks.platform() if item.type.endswith(f":{kind}") and item.metadata["name"] == name]
    return item


def test_its_environment_is_what_the_image_reads() -> None:
    found = one("Deployment", "hub").pod
    assert found
    hub, proxy = found["spec"]["containers"]
    environment = {item["name"]: item.get("value", "a-secret") for item in hub["env"]}
    read = settings.Settings.read(environment)
    assert read.public_url == "http://notebooks.localhost:8080"
    assert read.hub_url == "http://hub.mlp-platform:8081"
    assert read.idle_seconds == 3600
    assert read.database_uri == "postgresql+psycopg2://hub@postgres.mlp-foundation:5432/hub"
    assert read.trusted == ("100.64.0.1", "100.64.16.1")
    assert len(read.cookie_key) == 32
    hidden = {item["name"] for item in hub["env"] if "value" not in item}
    assert hidden == {"PGPASSWORD", "COOKIE_KEY", "PROXY_KEY"}
    assert not [item for item in proxy["env"] if "value" not in item]


def test_its_ports_are_where_it_listens() -> None:
    assert (notebooks_pod.PORT, notebooks_pod.API_PORT) == (settings.PUBLIC_PORT, settings.HUB_PORT)
    assert notebooks_pod.HEALTH_PORT == program.HEALTH_PORT
    assert notebooks_pod.NOTEBOOK_PORT == pod.PORT
    assert settings.ROUTES.startswith(f"{notebooks_pod.RUN}/")


def test_the_proxys_own_api_is_inside_of_the_pod() -> None:
    arguments = program.proxy_arguments("100.64.0.1")
    assert "--entryPoints.auth_api.address=127.0.0.1:8099" in arguments
    assert "--entryPoints.http.forwardedHeaders.trustedIPs=100.64.0.1" in arguments
    assert not [one for one in program.proxy_arguments("") if "trustedIPs" in one]


def test_each_person_has_a_password_of_their_own_that_their_counter_changes() -> None:
    passwords = plain(one("Secret", "hub-people").inputs["stringData"])
    assert set(passwords) == {"ada", "grace", "alan"}
    assert len(set(passwords.values())) == 3
    assert passwords["ada"] == derive_text(stacks.ROOT, "person", "ada", 1)


def test_it_reads_one_secret_and_the_teams_objects() -> None:
    assert [rule.resource_names for rule in notebooks.own_rules()] == [["hub-people"]]
    (rule,) = notebooks.cluster_rules()
    assert (rule.resources, rule.verbs) == (["notebookteams"], ["get", "list", "watch"])


def test_a_profile_runs_on_the_pool_that_it_names() -> None:
    taint = Taint(key="nvidia.com/gpu", value="present", effect="NoSchedule")
    pools = (
        NodePool(name="default", labels={}, taints=()),
        NodePool(name="gpu", labels={"pool": "gpu"}, taints=(taint,)),
    )
    spec = ProfileSpec(name="gpu", title="GPU", image="notebook", gpu=1, pool="gpu")
    found = notebooks.profile(spec, pools)
    assert found.node_labels == {"pool": "gpu"}
    assert found.taints[0].key == "nvidia.com/gpu"
    with pytest.raises(pulumi.RunError, match="use one of default, gpu"):
        notebooks.profile(spec.model_copy(update={"pool": "tpu"}), pools)


@pytest.mark.parametrize("name", ["ada", "ada-2", "a1", "x" * 30])
def test_names_of_people(name: str) -> None:
    NotebooksSpec.model_validate({"people": [{"name": name}], "profiles": [PROFILE]})


PROFILE = {"name": "small", "title": "Small", "image": "notebook-small"}


@pytest.mark.parametrize("name", ["a", "x" * 31, "Ada", "ada-", "-ada", "a--b", "1da", "ada lovelace", "ada/..", ""])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="use 2 to 30 of a-z"):
        NotebooksSpec.model_validate({"people": [{"name": name}], "profiles": [PROFILE]})


def test_nobody_is_there_twice() -> None:
    with pytest.raises(ValidationError, match="ada is there twice"):
        NotebooksSpec.model_validate({"people": [{"name": "ada"}, {"name": "ada"}], "profiles": [PROFILE]})


def test_the_kind_has_what_the_image_reads() -> None:
    spec = notebooks_kind.spec_schema()
    sample = {
        "people": ["ada"],
        "profiles": [{"name": "s", "title": "S", "image": "i", "cpu": "1", "memory": "1Gi"}],
        **dict.fromkeys(("home", "storageClass", "sharedClaim", "serviceAccount"), "x"),
    }
    assert set(spec["required"]) == set(sample)
    assert team("search", sample).profiles[0].gpu == 0
    assert set(spec["properties"]) == {*sample, "environment", "secrets", "optionalSecrets", "files"}


def test_what_a_notebook_may_make_is_what_it_is_called_and_has() -> None:
    assert set(notebooks_admission.SECRETS) == {WORKER_KEYS, FEATURE_KEYS}
    assert FEATURE_STORE in notebooks_admission.FILES
    assert NOTEBOOK in notebooks_admission.ACCOUNTS
    assert re.fullmatch(notebooks_admission.WHO, f"system:serviceaccount:team-search:{NOTEBOOK}")
    assert not re.fullmatch(notebooks_admission.WHO, "system:serviceaccount:mlp-platform:hub")
