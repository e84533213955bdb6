"""The hub as a person uses it: sign in, start a notebook of a team, and what is said to who may not."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.support.browser.lab import Lab

START_SECONDS = 90.0
PAUSE = 0.5


@dataclass(frozen=True)
class Hub:
    """One that a page is at."""

    page: Page
    address: str
    """For example http://notebooks.localhost:8080."""

    def sign_in(self, user: str, password: str) -> None:
        """Fill in the form that whoever isn't signed in comes to; the next page is there then."""
        end = time.monotonic() + START_SECONDS
        self.home()
        while not (form := self.page.locator("#username_input")).count():
            # The hub itself has just been restarted.
            assert time.monotonic() < end, f"no form to sign in at {self.page.url}"
            time.sleep(PAUSE)
            self.home()
        form.fill(user)
        self.page.locator("#password_input").fill(password)
        self.page.locator("#login_submit").click()
        self.page.wait_for_load_state()

    @property
    def refusal(self) -> str:
        """Why one isn't signed in; empty if one is."""
        errors = self.page.locator(".login_error")
        return errors.first.inner_text() if errors.count() else ""

    def home(self) -> None:
        """The page with the teams' notebooks."""
        self.page.goto(f"{self.address}/hub/home")

    def teams(self) -> list[str]:
        """Whose notebooks one may start."""
        cards = self.page.locator("[id^=team-]")
        return [str(card.get_attribute("id")).removeprefix("team-") for card in cards.all()]

    def runs(self, team: str) -> bool:
        """Whether a team's notebook runs, or is about to."""
        self.home()
        return self.page.locator(f"#open-{team}").count() > 0

    def start(self, team: str, profile: str = "") -> Lab:
        """Start a team's notebook, or open the one that runs; JupyterLab is ready then."""
        self.home()
        if (button := self.page.locator(f"#start-{team}")).count():
            if profile:
                self.page.locator(f"#team-{team} input[name=profile][value={profile}]").check()
            button.click()
        else:
            self.page.locator(f"#open-{team}").click()
        there = re.compile(rf"/user/[^/]+/{team}/")
        self.page.wait_for_url(there, timeout=START_SECONDS * 1000, wait_until="commit")
        # Without what was open when the person left.
        self.page.goto(f"{self.address}{there.findall(self.page.url)[0]}lab?reset")
        lab = Lab(self.page)
        lab.ready()
        return lab

    def stop(self, team: str) -> None:
        """Stop it; files stay."""
        self.home()
        # The page opens itself again when the hub has answered.
        with self.page.expect_navigation():
            self.page.locator(f"#stop-{team}").click()
        end = time.monotonic() + START_SECONDS
        while self.runs(team):
            assert time.monotonic() < end, f"the notebook of {team} doesn't stop"
            time.sleep(PAUSE)

    def status_of(self, path: str) -> int:
        """How the hub answers to a path that is typed in."""
        answer = self.page.goto(f"{self.address}{path}")
        assert answer is not None
        return answer.status
