"""Pages of the tools, each opened until what it is looked at for is there."""

from __future__ import annotations

import json
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from local.node.config import NodeConfig
from tests.support.browser.session import Session, Visitor
from tests.support.commands import mlp

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
    expect(page.get_by_text(dag).first).to_be_visible(timeout=PAGE_SECONDS * 1000)
    return visitor


def prometheus(session: Session) -> Visitor:
    """The alerts, with each rule's state."""
    given = credentials("prometheus")
    visitor = session.visitor("prometheus", (given.user, given.password))
    visitor.page.goto(f"{address('prometheus')}/alerts")
    return visitor


def mlflow(session: Session, user: str, password: str, workspace: str) -> Visitor:
    """The experiments of a workspace."""
    visitor = session.visitor("mlflow", (user, password))
    visitor.page.goto(f"{address('mlflow')}/#/experiments?workspace={workspace}")
    return visitor


def shows(page: Page, text: str, seconds: float = PAGE_SECONDS) -> None:
    """Until a page shows a text."""
    expect(page.get_by_text(text).first).to_be_visible(timeout=seconds * 1000)
