"""JupyterLab as a person uses it: a new notebook, cells, and what comes out of them."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

OPEN_SECONDS = 60.0
KERNEL_SECONDS = 45.0
CELL_SECONDS = 60.0
KERNEL = "Python 3"
TRIES, BEGIN_SECONDS = 3, 5.0
ENDED = re.compile(r"\[\d+\]:")
"""What stands before a cell that has ended; a star while it runs."""


@dataclass(frozen=True)
class Lab:
    """One that is open in a page."""

    page: Page

    def ready(self, seconds: float = OPEN_SECONDS) -> None:
        """Until the page is there, with its files on the left and the launcher."""
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0, timeout=seconds * 1000)
        expect(self.page.locator(".jp-DirListing-content")).to_be_visible(timeout=seconds * 1000)

    def new_notebook(self) -> Notebook:
        """From the launcher; its kernel is idle then."""
        card = self.page.locator('.jp-LauncherCard[data-category="Notebook"]').filter(has_text=KERNEL)
        card.first.click()
        panel = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        expect(panel).to_be_visible()
        notebook = Notebook(panel)
        notebook.wait_idle()
        return notebook

    def files(self) -> list[str]:
        """Names in the folder that is shown on the left."""
        names: list[str] = self.page.locator(".jp-DirListing-item .jp-DirListing-itemName").all_inner_texts()
        return [name.strip() for name in names]


@dataclass(frozen=True)
class Notebook:
    """One that is shown."""

    panel: Locator

    @property
    def ran(self) -> Locator:
        """The cell that ran last, with what came out of it."""
        prompt = self.panel.page.locator(".jp-InputArea-prompt").filter(has_text=ENDED)
        return self.panel.locator(".jp-CodeCell").filter(has=prompt).last

    def wait_idle(self, seconds: float = KERNEL_SECONDS) -> None:
        """Until its kernel has nothing to do."""
        status = self.panel.page.locator("#jp-main-statusbar")
        # The notebook's own sign says idle too while there is no kernel yet.
        expect(status).to_contain_text(re.compile(rf"{KERNEL}.* \| Idle"), timeout=seconds * 1000)

    def run(self, code: str, seconds: float = CELL_SECONDS) -> str:
        """Write into the last cell, run it, and wait for its end; the text that came out."""
        cells = self.panel.locator(".jp-CodeCell")
        cell = cells.nth(cells.count() - 1)
        editor = cell.locator(".cm-content")
        editor.click()
        # At once, as pasting does: typed, the editor would close brackets and indent by itself.
        editor.page.keyboard.insert_text(code)
        prompt = cell.locator(".jp-InputArea-prompt")
        for _ in range(TRIES):
            editor.press("Shift+Enter")
            # A kernel that is only just connected drops what it is told: as a person would, press again.
            with contextlib.suppress(AssertionError):
                expect(prompt).not_to_have_text("[ ]:", timeout=BEGIN_SECONDS * 1000)
                break
        expect(prompt).to_have_text(ENDED, timeout=seconds * 1000)
        output = cell.locator(".jp-OutputArea-output")
        return "\n".join(output.all_inner_texts()).strip()
