"""Pictures of the tools' pages on the running platform, for people who read: `python -m tests.support.draw_pages`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import ViewportSize

from local import paths
from tests.support.browser import cells, chromium, tools
from tests.support.browser.hub import Hub
from tests.support.browser.session import Session, Visitor, open_browser

FOLDER = paths.checkout() / "docs" / "images"
TEAM, ANOTHER = "search", "recsys"
SETTLES = 500
"""Milliseconds until a page has drawn what it has been told."""
MOST_BYTES = 200_000
Page = Callable[[Session], Visitor]
PERSON = "ada"
TALL: ViewportSize = {"width": 1280, "height": 860}
LOW: ViewportSize = {"width": 1280, "height": 340}


def hub(session: Session, size: ViewportSize = LOW) -> Hub:
    """The hub, with somebody of the team signed in."""
    visitor = session.visitor(PERSON, size=size)
    found = Hub(visitor.page, tools.address("notebooks"))
    found.sign_in(PERSON, tools.credentials("notebooks", "--user", PERSON).password)
    return found


def notebooks(session: Session) -> Visitor:
    """Where a person starts a notebook."""
    found = hub(session)
    if found.runs(TEAM):
        found.stop(TEAM)
    return session.visitors[-1]


def notebook(session: Session) -> Visitor:
    """A cell that has read features and logged a run."""
    made = hub(session, TALL).start(TEAM).new_notebook()
    made.run(cells.features("browser", "shown"))
    made.panel.page.wait_for_timeout(SETTLES)
    return session.visitors[-1]


def refused(session: Session) -> Visitor:
    """What is said to who asks for a notebook of another team."""
    hub(session).status_of(f"/hub/spawn/{PERSON}/{ANOTHER}")
    return session.visitors[-1]


PAGES: dict[str, Page] = {
    "notebooks": notebooks,
    "notebook": notebook,
    "refused": refused,
    "airflow": lambda session: tools.airflow(session, TEAM, "keyword_recommender"),
    "mlflow": lambda session: tools.mlflow(session, TEAM, "keyword-recommender"),
    "alerts": tools.alerts,
}


def main(arguments: list[str]) -> int:
    """`[page...]`: by default all."""
    if unknown := [name for name in arguments if name not in PAGES]:
        print(f"unknown page {unknown[0]!r}; there are: {', '.join(PAGES)}", file=sys.stderr)
        return 2
    browser = chromium.find()
    with tempfile.TemporaryDirectory() as folder, open_browser(browser, Path(folder)) as session:
        for name in arguments or PAGES:
            made = PAGES[name](session).picture(FOLDER / f"{name}.png")
            size = made.stat().st_size
            print(f"{made.relative_to(paths.checkout())}: {size // 1000} kB")
            if size > MOST_BYTES:
                print(f"{made.name} has {size} bytes, and a picture may have {MOST_BYTES}", file=sys.stderr)
                return 1
            session.leave()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
