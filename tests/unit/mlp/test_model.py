"""`mlp model`: what the cluster says of model services, and packing one to its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from images import releases
from local.problem import Problem
from mlp import cluster, jobs, model_package, model_services
from mlp.main import app
from mlp.target import Target
from tests.doubles.api_server import ApiServer
from tests.unit.mlp.conftest import Stands

WHERE = Target("double", "r")
ALL = "/apis/mlplatform.dev/v1/namespaces/team-search/modelservices"
ONE = f"{ALL}/keywords"
DIGEST = "sha256:" + "a" * 64
IMAGE = f"r:5000/mlplatform/model-team-search-keywords@{DIGEST}"
TOLD = json.dumps({"image": IMAGE, "model": "m", "run": "r", "version": "3", "at": "2026-11-29T15:00:00+00:00"})


@pytest.fixture(autouse=True)
def up(checkout: Path, stands: Stands, monkeypatch: pytest.MonkeyPatch) -> None:
    stands("local-foundation", contract={"image_registry": "r:5000"})
    stands("local-team-search", addresses={"airflow": "http://airflow-search.localhost:8080"})
    monkeypatch.setattr(releases, "read", lambda release: {"serving": DIGEST})
    monkeypatch.setattr(model_services, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.01)


def condition(kind: str, status: str, reason: str, message: str = "as it is") -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def served(
    reason: str = "Serving", rolled: tuple[str, str] = ("True", "Promoted"), told: str = TOLD, **status: Any
) -> dict[str, Any]:
    conditions = [
        condition("Ready", "True" if reason == "Serving" else "False", reason),
        condition("RolledOut", *rolled, message="errors 12.0%"),
    ]
    stable = {"image": IMAGE, "version": "3", "model": "m"}
    found = {
        "package": model_services.digest(TOLD),
        "stable": stable,
        "replicas": 2,
        "inFlight": 5,
        "url": "http://keywords-search.localhost:8080",
        "conditions": conditions,
        **status,
    }
    return {
        "metadata": {"name": "keywords", "annotations": {"mlplatform.dev/package": told} if told else {}},
        "spec": {"model": "models:/m@champion", "canary": {"seconds": 30}},
        "status": found,
    }


def entry(version: str, result: str = "promoted", image: str = "") -> dict[str, Any]:
    return {
        "at": "2026-11-29T15:00:00Z",
        "result": result,
        "reason": "Slow" if result != "promoted" else "Good",
        "message": "p95 was 10 times as long",
        "version": version,
        "image": image or f"{IMAGE[:-1]}{version}",
        "model": "m",
        "run": f"run-{version}",
        "requests": 100,
        "errors": 2,
        "p95": 0.25,
        "stableP95": 0.025,
    }


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["model", *words, "--team", "search"])


def test_the_list_is_a_table_or_json(api: ApiServer) -> None:
    api.reply("GET", ALL, {"items": [served()]})
    lines = run("list").stdout.splitlines()
    assert lines[0].split() == ["service", "state", "serves", "tries", "pods", "in", "flight", "address"]
    assert lines[1].split() == ["keywords", "Serving", "3", "-", "2", "5", "http://keywords-search.localhost:8080"]
    (found,) = json.loads(run("list", "--json").stdout)
    assert found["ready"] and found["rolled_out"] and found["package"]["version"] == "3"


def test_what_was_never_packed_is_listed_too(api: ApiServer) -> None:
    bare = {"metadata": {"name": "keywords"}, "spec": {"model": "models:/m/1"}}
    api.reply("GET", ALL, {"items": [bare]})
    assert run("list").stdout.splitlines()[1].split() == ["keywords", "Unknown", "-", "-", "0", "0", "-"]
    assert json.loads(run("list", "--json").stdout)[0]["rolled_out"] is False


def test_show_tells_the_decisions_with_reasons_and_figures(api: ApiServer) -> None:
    api.reply("GET", ONE, served(history=[entry("4", "rolled-back"), entry("3")]))
    text = run("show", "keywords").stdout
    assert "serves:    version 3 of m" in text and "rollout:   Promoted" in text
    (row,) = [line for line in text.splitlines() if "rolled-back" in line]
    assert " ".join(row.split()[1:]) == "4 rolled-back Slow 100 2 250 ms 25 ms p95 was 10 times as long"
    found = json.loads(run("show", "keywords", "--json").stdout)
    assert [one["result"] for one in found["status"]["history"]] == ["rolled-back", "promoted"]


def test_a_service_that_isnt_there_names_those_that_are(api: ApiServer) -> None:
    api.reply("GET", ALL, {"items": [served()]})
    with pytest.raises(Problem) as error:
        model_package.rollback("keyword", "search", WHERE, wait=False)
    assert "no model service 'keyword'" in error.value.what and error.value.fix == "its model services are: keywords"


def followed(api: ApiServer, *states: dict[str, Any]) -> model_services.ModelService:
    for state in states:
        api.reply("GET", ONE, state)
    with cluster.client(WHERE) as client:
        return model_services.Services(client, "search").follow("keywords", TOLD)


def test_a_rollout_is_followed_until_it_serves(api: ApiServer, capsys: pytest.CaptureFixture[str]) -> None:
    before = served(package="another")
    found = followed(
        api, before, served("Starting", ("False", "Starting")), served(rolled=("False", "Canary")), served()
    )
    assert found.seen and found.condition("RolledOut")["status"] == "True"
    said = capsys.readouterr().err
    assert [word in said for word in ("waiting for the controller", "Starting", "Canary", "Promoted")] == [True] * 4


@pytest.mark.parametrize("reason", sorted(model_services.FINAL))
def test_a_version_that_is_rolled_back_ends_it_with_the_reason(api: ApiServer, reason: str) -> None:
    with pytest.raises(Problem, match=f"rolled back: {reason}: errors 12.0%") as error:
        followed(api, served(rolled=("False", "Canary")), served(rolled=("False", reason)))
    assert "mlp model show keywords --team search" in str(error.value.fix)


def test_what_is_said_of_an_earlier_package_is_not_taken_for_this_one(api: ApiServer) -> None:
    found = followed(api, served(package="earlier", rolled=("False", "Crashed")), served())
    assert found.seen


@pytest.mark.parametrize("reason", sorted(model_services.REFUSED))
def test_what_the_controller_refuses_ends_it(api: ApiServer, reason: str) -> None:
    with pytest.raises(Problem, match=reason):
        followed(api, served(reason, ("False", "Starting")))


def test_another_package_meanwhile_ends_it(api: ApiServer) -> None:
    with pytest.raises(Problem, match="another package meanwhile"):
        followed(api, served(told=TOLD.replace("3", "4")))


def test_patience_ends(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_services, "SLACK_SECONDS", -89.9)
    with pytest.raises(Problem, match=r"isn't rolled out after 0 s: Canary"):
        followed(api, served(rolled=("False", "Canary")))


def test_back_is_the_version_that_served_before_this_one(api: ApiServer) -> None:
    history = [entry("4", "rolled-back"), entry("3", image=IMAGE), entry("2"), entry("1")]
    api.reply("GET", ONE, served(history=history))
    api.reply("PATCH", ONE, {})
    model_package.rollback("keywords", "search", WHERE, wait=False)
    (asked,) = api.of("PATCH")
    told = json.loads(asked.body["metadata"]["annotations"]["mlplatform.dev/package"])
    assert (told["version"], told["image"], told["run"], told["model"]) == ("2", f"{IMAGE[:-1]}2", "run-2", "m")
    assert told["at"].endswith("+00:00")


def test_without_an_earlier_version_there_is_no_way_back(api: ApiServer) -> None:
    api.reply("GET", ONE, served(history=[entry("3", image=IMAGE), entry("9", "rolled-back")]))
    with pytest.raises(Problem, match="no earlier version"):
        model_package.rollback("keywords", "search", WHERE, wait=False)
    assert not api.of("PATCH")


def test_the_job_has_a_task_s_rights_and_no_more() -> None:
    made = model_package.manifest("package-keywords-1", "keywords", "team-search", IMAGE)
    pod = made["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("worker", False)
    assert container["envFrom"] == [{"secretRef": {"name": "worker-keys"}}]
    assert container["command"] == ["python", "-m", "mlplatform_packer", "keywords"]
    assert {"name": "MLP_SERVING_IMAGE", "value": IMAGE} in container["env"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert set(container["resources"]) == {"requests", "limits"}
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts == {"tmp": "/tmp", "token": "/var/run/secrets/kubernetes.io/serviceaccount"}
    assert [volume["name"] for volume in pod["volumes"]] == ["tmp", "token"]
    # The network policies of tasks hold for it.
    assert made["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] == "worker"
    assert made["spec"]["backoffLimit"] == 0 and made["spec"]["ttlSecondsAfterFinished"]


def test_packing_runs_the_job_and_follows_what_it_told(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[str] = []

    class FakeJob:
        def __init__(self, client: object, namespace: str, name: str) -> None:
            assert namespace == "team-search" and name.startswith("package-keywords-")
            self.name = name

        def apply(self, manifest: dict[str, Any]) -> None:
            assert manifest["metadata"]["name"] == self.name
            calls.append("apply")

        def watch(self, hidden: str, fix: str) -> None:
            assert hidden == "result: " and "mlp model package keywords --team search" in fix
            calls.append("watch")

        def log(self) -> list[str]:
            return ["package: m version 3", f"result: {json.dumps({'annotation': TOLD})}"]

    monkeypatch.setattr(model_package, "Job", FakeJob)
    api.reply("GET", ONE, served(package="before"))
    api.reply("GET", ONE, served())
    result = run("package", "keywords")
    assert result.exit_code == 0, result.output
    assert calls == ["apply", "watch"]
    assert "version 3 serves after" in result.stderr


def test_a_job_without_a_result_is_said() -> None:
    with pytest.raises(Problem, match="its log is gone"):
        model_package.result(["package: m version 3"])


def test_a_release_without_the_image_is_said(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "read", lambda release: {})
    with pytest.raises(Problem, match="image serving isn't in release"):
        model_package.package("keywords", "search", WHERE, wait=True)
