"""One browser and its visitors: each has cookies of their own, and what they wait for comes in time or is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, HttpCredentials, Page, ViewportSize, sync_playwright

from tests.support.browser.chromium import Browser

SECONDS = 20.0
"""What a page gets for each thing that it is asked for, unless the test names another limit."""
START_SECONDS = 60.0
SIZE: ViewportSize = {"width": 1280, "height": 720}
SAID = 200
"""So many lines of what the page said are kept."""
QUIET = """
*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent !important; }
"""
"""So that two pictures of one page are alike."""


@dataclass
class Visitor:
    """One person at the browser; the last page that was opened is theirs."""

    name: str
    context: BrowserContext
    page: Page
    said: list[str] = field(default_factory=list)
    """What pages wrote into their console, and what was asked for and failed."""

    def picture(self, path: Path) -> Path:
        """Keep what is seen now as a PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, animations="disabled", style=QUIET)
        return path

    def keep(self, folder: Path) -> list[Path]:
        """For who looks into a failure: a picture, the text and the address of each open page, and what it said."""
        folder.mkdir(parents=True, exist_ok=True)
        kept = []
        for number, page in enumerate(self.context.pages):
            base = folder / f"{_file(self.name)}-{number}"
            text = base.with_suffix(".txt")
            text.write_text(f"{page.url}\n\n{_text(page)}\n\n" + "\n".join(self.said[-SAID:]) + "\n")
            kept.append(text)
            picture = base.with_suffix(".png")
            try:
                page.screenshot(path=picture, timeout=5000)
            except Exception as error:  # a page that hangs; its text was kept
                self.said.append(f"no picture: {error}")
            else:
                kept.append(picture)
        return kept


def _text(page: Page) -> str:
    try:
        return "\n\n".join(frame.locator("body").inner_text(timeout=3000) for frame in page.frames)
    except Exception as error:  # whatever keeps the page from answering is what is looked for
        return f"(no text: {error})"


def _file(name: str) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-") or "visitor"


@dataclass
class Session:
    """The browser and everybody at it."""

    chromium: Chromium
    visitors: list[Visitor] = field(default_factory=list)

    def visitor(
        self,
        name: str,
        credentials: tuple[str, str] | None = None,
        size: ViewportSize = SIZE,
        headers: dict[str, str] | None = None,
    ) -> Visitor:
        """Somebody new, with one empty page.

        Args:
            credentials: User and password where a tool asks for basic authentication.
            headers: Sent with every request.
        """
        signed: HttpCredentials | None = None
        if credentials is not None:
            # At once, not after a 401: some tools' scripts don't ask again.
            signed = {"username": credentials[0], "password": credentials[1], "send": "always"}
        context = self.chromium.new_context(
            viewport=size, http_credentials=signed, extra_http_headers=headers, locale="en-GB", timezone_id="UTC"
        )
        context.set_default_timeout(SECONDS * 1000)
        made = Visitor(name, context, context.new_page())
        context.on("console", lambda message: made.said.append(f"console: {message.type}: {message.text}"))
        context.on("requestfailed", lambda request: made.said.append(f"failed: {request.method} {request.url}"))
        self.visitors.append(made)
        return made

    def leave(self, but: Sequence[Visitor] = ()) -> None:
        """Everybody goes, but those."""
        for visitor in list(self.visitors):
            if visitor not in but:
                visitor.context.close()
                self.visitors.remove(visitor)


@contextmanager
def open_browser(browser: Browser, folder: Path) -> Iterator[Session]:
    """A browser that ends with the block, its processes too.

    Playwright's loop counts as running meanwhile: nothing in the same thread can call asyncio.run().

    Args:
        folder: For the script that starts it.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=_script(browser, folder),
            headless=True,
            # Addresses are this machine's own: no proxy knows them.
            args=["--no-proxy-server"],
            timeout=START_SECONDS * 1000,
        )
        session = Session(chromium)
        try:
            yield session
        finally:
            session.leave()
            chromium.close()


def _script(browser: Browser, folder: Path) -> Path:
    """One program without arguments of its own, as Playwright wants it."""
    if len(browser.command) == 1:
        return Path(browser.command[0])
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in browser.command)
    script = folder / "chromium"
    script.write_text(f'#!/bin/sh\nexec {quoted} "$@"\n')
    script.chmod(0o755)
    return script
