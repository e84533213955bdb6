"""Pictures of the tools' pages on the running platform, for people who read: `python -m tests.support.draw_pages`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from local import paths
from tests.support.browser import chromium, tools
from tests.support.browser.session import Session, Visitor, open_browser

FOLDER = paths.checkout() / "docs" / "images"
TEAM = "search"
MOST_BYTES = 200_000
Page = Callable[[Session], Visitor]
PAGES: dict[str, Page] = {
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
