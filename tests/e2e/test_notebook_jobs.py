"""Notebooks as tasks: they run on the cluster; output and page, also of a failure, are kept and shown to their team."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from images import releases
from local import paths
from tests.e2e.conftest import Teams
from tests.support.cluster import Cluster
from tests.support.pipelines import DAGS, Pipelines, Run
from tests.support.teams import Team, open_team

SECONDS = 120
REPORT = paths.checkout() / "examples" / "model_report"


class Stays(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: *.localhost is resolved by browsers alone."""

    def redirect_request(self, *_: Any) -> None:
        return None


WEB = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stays)


@dataclass(frozen=True)
class Page:
    """What a browser gets."""

    status: int
    headers: dict[str, str]
    text: str


@pytest.fixture(scope="module")
def search(teams: Teams, cluster: Cluster, ingress: str) -> Team:
    return open_team(cluster, teams.search, ingress)


@pytest.fixture(scope="module")
def recsys(teams: Teams, cluster: Cluster, ingress: str) -> Team:
    return open_team(cluster, teams.recsys, ingress)


@pytest.fixture(scope="module")
def pipelines(search: Team) -> Pipelines:
    found = search.pipelines
    found.push(DAGS / "asked").must_succeed()
    found.push(REPORT).must_succeed()
    return found


@pytest.fixture(scope="module")
def runs(pipelines: Pipelines) -> dict[str, Run]:
    """Each end of a notebook, side by side."""
    asked = {ask: pipelines.trigger("asked", ask=ask, person="ada") for ask in ("nothing", "fail", "memory")}
    ended = {ask: pipelines.wait("asked", run, SECONDS) for ask, run in asked.items()}
    return {ask: Run("asked", run, ended[ask]["state"], 0.0, ()) for ask, run in asked.items()}


def key(run: Run, task: str = "asked") -> str:
    return f"notebooks/{run.dag}/{run.id}/{task}"


def page(team: Team, run: Run, headers: dict[str, str], task: str = "asked", query: str = "") -> Page:
    """What a team's Airflow shows of a notebook, redirects not followed."""
    where = "/".join(quote(part, safe="") for part in (run.dag, run.id, task))
    request = urllib.request.Request(f"{team.airflow.address}/notebooks/{where}{query}", headers=headers)
    request.add_header("Host", team.airflow.host)
    try:
        with WEB.open(request, timeout=30) as answer:
            return Page(answer.status, dict(answer.headers), answer.read().decode())
    except urllib.error.HTTPError as error:
        return Page(error.code, dict(error.headers), error.read().decode())


def kept(team: Team, run: Run) -> dict[str, Any]:
    """The notebook in the team's bucket."""
    with team.account.client() as s3:
        found: dict[str, Any] = json.loads(s3.get_object(Bucket=team.name, Key=f"{key(run)}.ipynb")["Body"].read())
    return found


def outputs(notebook: dict[str, Any]) -> str:
    return json.dumps([cell.get("outputs", []) for cell in notebook["cells"]])


@pytest.mark.timeout(3 * SECONDS)
def test_a_notebook_runs_with_its_parameters(runs: dict[str, Run], pipelines: Pipelines, search: Team) -> None:
    assert runs["nothing"].state == "success"
    assert "hello ada" in outputs(kept(search, runs["nothing"]))
    pipelines.log("asked", runs["nothing"].id, "asked", "hello ada")


def test_its_page_is_shown_and_nothing_of_it_runs(runs: dict[str, Run], search: Team) -> None:
    found = page(search, runs["nothing"], search.airflow_headers())
    assert found.status == 200
    assert "hello ada" in found.text
    assert "<b>bold</b>" in found.text
    assert "<script" not in found.text
    assert found.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    whole = page(search, runs["nothing"], search.airflow_headers(), query="?download=1")
    assert json.loads(whole.text) == kept(search, runs["nothing"])
    assert "attachment" in whole.headers["Content-Disposition"]


def test_a_task_leads_to_its_page(runs: dict[str, Run], pipelines: Pipelines, search: Team) -> None:
    for run in runs.values():
        links = pipelines.airflow.get(f"/dags/asked/dagRuns/{run.id}/taskInstances/asked/links")["extra_links"]
        assert links["Notebook"] == f"http://{search.airflow.host}/notebooks/asked/{run.id}/asked"


def test_a_failed_notebook_keeps_what_it_had_and_why(runs: dict[str, Run], pipelines: Pipelines, search: Team) -> None:
    assert runs["fail"].state == "failed"
    notebook = outputs(kept(search, runs["fail"]))
    assert "hello ada" in notebook
    assert "RuntimeError" in notebook
    found = page(search, runs["fail"], search.airflow_headers())
    assert found.status == 200
    assert "RuntimeError: as asked" in found.text
    said = "asked.ipynb failed in cell 4: RuntimeError: as asked"
    pipelines.log("asked", runs["fail"].id, "asked", said)


def test_one_that_takes_too_much_memory_is_told_so(runs: dict[str, Run], pipelines: Pipelines, search: Team) -> None:
    assert runs["memory"].state == "failed"
    pipelines.log("asked", runs["memory"].id, "asked", "it needed more memory than the task gives it")
    assert page(search, runs["memory"], search.airflow_headers()).status == 200


def test_nobody_else_sees_it(runs: dict[str, Run], search: Team, recsys: Team) -> None:
    run = runs["nothing"]
    assert page(search, run, {}).status == 401
    asked = page(search, run, {"Accept": "text/html"})
    assert asked.status == 307
    assert asked.headers["Location"].startswith("/api/v2/auth/login?next=")
    for headers in (recsys.airflow_headers(), {"Cookie": f"_token={recsys.airflow_headers()['Authorization'][7:]}"}):
        found = page(search, run, headers)
        assert found.status in (401, 403), found
        assert "hello ada" not in found.text
    # Nor is it in their own Airflow, or their bucket's.
    assert page(recsys, run, recsys.airflow_headers()).status in (403, 404)


def test_a_push_of_what_cant_run_is_refused(pipelines: Pipelines, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("push") / "unready"
    folder.mkdir()
    head = (
        "from airflow.sdk import dag\nfrom mlplatform_airflow import notebooks\n@dag(schedule=None)\ndef unready():\n"
    )
    (folder / "dag.py").write_text(f'{head}    notebooks.run("nothing.ipynb")\nunready()\n')
    refused = pipelines.push(folder)
    assert refused.code != 0
    assert "there is no notebook 'nothing.ipynb'" in refused.output
    if "notebook" not in releases.read(releases.LOCAL):
        (folder / "x.ipynb").write_text("{}")
        (folder / "dag.py").write_text(f'{head}    notebooks.run("x.ipynb", image="notebook")\nunready()\n')
        refused = pipelines.push(folder)
        assert refused.code != 0
        assert "mlp images notebook" in refused.output


@pytest.mark.timeout(2 * SECONDS)
def test_the_example_reports_on_the_teams_model(pipelines: Pipelines, search: Team, say: Callable[[str], None]) -> None:
    run = pipelines.run("model_report", SECONDS)
    assert run.state == "success"
    found = page(search, run, search.airflow_headers(), task="report")
    assert "keyword-recommender" in found.text
    assert "versions by" in found.text
    say(f"a notebook as a task, from the request to its page: {run.seconds:.0f} s")
