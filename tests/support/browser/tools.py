"""Pages of the tools, each opened until what it is looked at for is there."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from components.kubernetes.labels import team_id
from local import toolchain
from local.node.config import NodeConfig
from tests.support.browser.session import Session, Visitor
from tests.support.cluster import Cluster
from tests.support.commands import mlp
from tests.support.teams import keys

PAGE_SECONDS = 60.0


def address(host: str) -> str:
    """Of a tool behind the ingress."""
    return f"http://{host}.localhost:{NodeConfig().ingress_port}"


@dataclass(frozen=True)
class Credentials:
    """What `mlp credentials` hands out."""

    user: str
    password: str


def credentials(tool: str, *arguments: str) -> Credentials:
    """Those of a tool now."""
    found = json.loads(mlp("credentials", tool, *arguments, "--json", seconds=60).must_succeed().stdout)
    return Credentials(found["user"], found["password"])


def airflow(session: Session, team: str, dag: str) -> Visitor:
    """The grid of a DAG's runs in a team's Airflow, signed in."""
    given = credentials("airflow", "--team", team)
    visitor = session.visitor(f"airflow of {team}")
    page = visitor.page
    page.goto(f"{address(f'airflow-{team}')}/auth/login/")
    page.locator("input[name=username]").fill(given.user)
    page.locator("input[name=password]").fill(given.password)
    page.locator("input[type=submit], button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto(f"{address(f'airflow-{team}')}/dags/{dag}")
    shows(page, dag)
    # Its squares come last.
    page.wait_for_load_state("networkidle")
    return visitor


def alerts(session: Session) -> Visitor:
    """Prometheus' alert rules, each with its state."""
    given = credentials("prometheus")
    visitor = session.visitor("prometheus", (given.user, given.password))
    visitor.page.goto(f"{address('prometheus')}/classic/alerts")
    shows(visitor.page, "Inactive")
    return visitor


def mlflow(session: Session, team: str, experiment: str, run: str = "") -> Visitor:
    """The runs of an experiment, as the team sees them: what opens MLflow for its notebooks and tasks."""
    visitor = session.visitor(f"mlflow of {team}", tracking(team))
    workspace = team_id(team)
    visitor.page.goto(f"{address('mlflow')}/#/experiments?workspace={workspace}")
    # A page shows 25, the newest first: an older one is searched for.
    search = visitor.page.get_by_placeholder("Search experiments")
    search.fill(experiment)
    search.press("Enter")
    visitor.page.get_by_role("link", name=experiment, exact=True).first.click()
    # It opens with what it knows of agents; the runs are on the next page.
    visitor.page.wait_for_url(re.compile(r"#/experiments/\d+"))
    number = re.findall(r"#/experiments/(\d+)", visitor.page.url)[0]
    visitor.page.goto(f"{address('mlflow')}/#/experiments/{number}/runs?workspace={workspace}")
    runs = visitor.page.locator("a[href*='/runs/']").filter(has_text=run)
    expect(runs.first).to_be_visible(timeout=PAGE_SECONDS * 1000)
    return visitor


def tracking(team: str) -> tuple[str, str]:
    """User and password of a team in MLflow."""
    cluster = Cluster({**os.environ, **toolchain.environment()})
    return team_id(team), keys(cluster, team_id(team))["tracking"]


def shows(page: Page, text: str, seconds: float = PAGE_SECONDS) -> None:
    """Until a page shows a text."""
    expect(page.get_by_text(text).first).to_be_visible(timeout=seconds * 1000)
