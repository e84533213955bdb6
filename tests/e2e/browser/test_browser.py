"""A person's day in a real browser: sign in, a notebook, the team's features, MLflow; and what isn't their team's."""

from __future__ import annotations

import contextlib
import re
import time
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from secrets import token_hex

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Say, Visit
from tests.e2e.conftest import Teams
from tests.support import keyword_recommender as example
from tests.support.browser import cells, tools
from tests.support.browser.hub import Hub
from tests.support.browser.lab import Notebook
from tests.support.browser.session import Session, Visitor
from tests.support.cluster import Cluster
from tests.support.features import FeatureServer, key_of
from tests.support.mlflow import pairs
from tests.support.pipelines import Pipelines
from tests.support.teams import Team, open_team

PERSON, TEAM = "ada", "search"
ANOTHER = "grace"
"""Who is in the other team alone."""
EXPERIMENT = "browser"
SECONDS = 300
REFUSED = {
    "definitions": "FeastPermissionError: team_search may not change project team_recsys",
    "values": "HTTPError: HTTP Error 403",
    "experiments": "MlflowException: .* 403",
}
"""What the cell `others` tries in team recsys, and how each ends."""
FETCH = """async ([path, body, workspace]) => (await fetch(path, {
    method: body ? "POST" : "GET",
    headers: {"X-MLFLOW-WORKSPACE": workspace, "Content-Type": "application/json"},
    body: body && JSON.stringify(body),
})).status"""


@dataclass
class Seat:
    """Ada at her notebook."""

    hub: Hub
    visitor: Visitor
    notebook: Notebook
    seconds: float
    """From the button on the hub's page until a cell can run."""


@pytest.fixture(scope="module")
def search(teams: Teams, cluster: Cluster, ingress: str) -> Team:
    return open_team(cluster, teams.search, ingress)


@pytest.fixture(scope="module")
def featured(teams: Teams) -> None:
    """Features that the example's pipeline has put online; it runs for a day if it never has."""
    answer = FeatureServer(TEAM, key_of(TEAM)).ask(["item_statistics:users"], {"item": cells.ITEMS})
    if answer.status == 200 and any(answer.json["results"][-1]["values"]):
        return
    pipelines = Pipelines.of(TEAM, patience=60)
    pipelines.push(example.PROJECT).must_succeed()
    example.backfill(pipelines, example.free_days(example.used_days(pipelines), 1), SECONDS)


@pytest.fixture(scope="module")
def seat(browser: Session, teams: Teams) -> Iterator[Seat]:
    visitor = browser.visitor(PERSON)
    hub = Hub(visitor.page, tools.address("notebooks"))
    hub.sign_in(PERSON, tools.credentials("notebooks", "--user", PERSON).password)
    if hub.runs(TEAM):
        hub.stop(TEAM)
    start = time.monotonic()
    lab = hub.start(TEAM)
    notebook = lab.new_notebook()
    yield Seat(hub, visitor, notebook, time.monotonic() - start)
    notebook.run(cells.read("tidy"))
    hub.stop(TEAM)
    browser.leave()


def test_a_wrong_password_is_refused(visit: Visit, teams: Teams) -> None:
    hub = Hub(visit("a stranger").page, tools.address("notebooks"))
    hub.sign_in(PERSON, "wrong")
    assert hub.refusal == "Invalid username or password"
    hub.home()
    assert "/hub/login" in hub.page.url


@pytest.mark.timeout(200)
def test_a_notebook_of_the_team_is_a_click_away(seat: Seat, say: Say) -> None:
    say(f"browser: from the button to a notebook that runs cells {seat.seconds:.0f} s")
    assert f"/user/{PERSON}/{TEAM}/lab" in seat.visitor.page.url
    assert seat.notebook.run("6 * 7") == "42"


@pytest.mark.timeout(SECONDS + 120)
def test_a_cell_reads_the_teams_features_and_logs_to_mlflow(
    seat: Seat, featured: None, search: Team, browser: Session
) -> None:
    run = f"e2e-{token_hex(4)}"
    said = seat.notebook.run(cells.features(EXPERIMENT, run))
    most = int(said.partition("most users:")[2].split()[0])
    assert most > 0
    # What the page shows is a table of the features, the most popular first.
    rows = seat.notebook.ran.locator(".jp-OutputArea-output table tbody tr")
    assert rows.count() == len(cells.ITEMS)
    assert str(most) in rows.first.inner_text()
    (tracked,) = [
        one for one in search.mlflow.runs(search.mlflow.experiment(EXPERIMENT)) if one["info"].get("run_name") == run
    ]
    assert pairs(tracked["data"]["metrics"])["most_users"] == most
    # And as a person looks for it.
    page = tools.mlflow(browser, TEAM, EXPERIMENT, run).page
    page.get_by_role("link", name=run).first.click()
    expect(page.get_by_text("most_users").first).to_be_visible(timeout=tools.PAGE_SECONDS * 1000)


@pytest.mark.timeout(120)
def test_from_a_cell_what_is_another_teams_is_refused(seat: Seat) -> None:
    said = seat.notebook.run(cells.read("others")).splitlines()
    found = [line for line in said if line.startswith(tuple(REFUSED))]
    assert len(found) == len(REFUSED), said
    for line, (attempt, reason) in zip(found, REFUSED.items(), strict=True):
        assert re.match(f"{attempt}: refused: {reason}", line), line


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"/hub/spawn/{PERSON}/recsys", "403 : ada isn't in team recsys"),
        # Whether it runs or not.
        (f"/user/{ANOTHER}/recsys/lab", "404 : No access to resources|403 : .*permission"),
        (f"/hub/user/{ANOTHER}/recsys/", "404 : No access to resources|403 : .*permission"),
    ],
    ids=["a notebook of one's own in another team", "another team's notebook", "by way of the hub"],
)
def test_a_typed_address_of_another_team_is_refused(path: str, said: str, seat: Seat) -> None:
    ada = seat.visitor.context.new_page()
    try:
        hub = Hub(ada, seat.hub.address)
        assert hub.status_of(path) in (403, 404)
        expect(ada.locator("body")).to_contain_text(re.compile(said))
    finally:
        ada.close()


def test_in_mlflows_page_another_teams_experiment_is_refused(
    teams: Teams, cluster: Cluster, ingress: str, visit: Visit
) -> None:
    recsys = open_team(cluster, teams.recsys, ingress)
    # Who makes one that is there already is told so: it has one either way.
    with contextlib.suppress(urllib.error.HTTPError):
        recsys.mlflow.call("experiments/create", name=EXPERIMENT)
    number = recsys.mlflow.experiment(EXPERIMENT)
    page = visit("search in recsys", tools.tracking(TEAM)).page
    page.goto(f"{tools.address('mlflow')}/#/experiments?workspace={teams.recsys}")
    tools.shows(page, "Create your first experiment")
    assert page.get_by_text(EXPERIMENT, exact=True).count() == 0
    # As the page's own scripts ask.
    for path, body in (
        (f"experiments/get?experiment_id={number}", None),
        ("runs/create", {"experiment_id": number}),
    ):
        assert page.evaluate(FETCH, [f"/ajax-api/2.0/mlflow/{path}", body, teams.recsys]) == 403, path
