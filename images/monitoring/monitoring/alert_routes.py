"""Beside Alertmanager: reads where each team wants its alerts, and has Alertmanager route them there.

A team says so in ConfigMap alert-route of its own namespace, which its stack lets this account read. What is wrong with
one team's is told and left out; what Alertmanager refuses as a whole is taken back, and the last good routes hold.
"""

from __future__ import annotations

import base64
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import MonitoringError
from .following import say
from .guarded import ALERTMANAGER_CONFIG, credentials
from .routes import rendered, wrong
from .teams import Reads, told
from .text import Families
from .text import rendered as as_text

CONFIG_MAP = "alert-route"
WANTED = "mlplatform.dev/alert-route"
SECONDS = 15
RETRIES = 40


def webhooks(cluster: Reads) -> dict[str, str]:
    """The webhook of each team that wants one, by the team's name."""
    return {
        team: config.get("data", {}).get("webhook", "")
        for team, config in told(cluster, f"configmaps/{CONFIG_MAP}").items()
        if config["metadata"].get("labels", {}).get(WANTED) == "true"
    }


@dataclass
class Routes:
    """What Alertmanager is told, and how that goes."""

    cluster: Reads
    folder: Path
    platform: str
    check: Callable[[Path], str]
    """What is wrong with a file of routes; empty if nothing is."""
    reload: Callable[[], str]
    """Has Alertmanager read it; what it says against it."""
    now: Callable[[], float] = time.time
    wanted: dict[str, str] = field(default_factory=dict)
    good: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    seen: float = 0
    in_force: bool = False
    changes: int = 0

    @property
    def path(self) -> Path:
        """The file that Alertmanager reads."""
        return self.folder / ALERTMANAGER_CONFIG

    def step(self) -> None:
        """Read, and put in force what is new.

        Raises:
            MonitoringError: The API server, or Alertmanager, doesn't do its part; the last good routes hold.
        """
        wanted = webhooks(self.cluster)
        self.seen = self.now()
        if wanted == self.wanted and self.in_force:
            return
        self.refused = {team: why for team, url in wanted.items() if (why := wrong(url))}
        good = self._right({team: url for team, url in wanted.items() if team not in self.refused})
        for team, why in self.refused.items():
            say(f"team {team}: its webhook isn't right: {why}; its alerts go to the platform alone")
        self._put(good)
        self.wanted = wanted

    def _right(self, good: dict[str, str]) -> dict[str, str]:
        """Those that Alertmanager takes too, which knows more of addresses: each alone if it refuses all together."""
        if not self._said(good):
            return good
        right = {}
        for team, url in good.items():
            if said := self._said({team: url}):
                self.refused[team] = said
            else:
                right[team] = url
        return right

    def _said(self, teams: Mapping[str, str]) -> str:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(rendered(self.platform, teams))
        return self.check(fresh)

    def _put(self, good: Mapping[str, str]) -> None:
        before = self.path.read_text() if self.path.exists() else ""
        text = rendered(self.platform, good)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self.path)
        if said := self.reload():
            if before:
                self.path.write_text(before)
            raise MonitoringError(f"Alertmanager doesn't take the routes, the last good ones hold: {said}")
        self.good, self.in_force = dict(good), True
        if text != before:
            self.changes += 1
            whose = ["the platform"] * bool(self.platform) + sorted(good)
            say(f"routes in force: {', '.join(whose) or 'nobody'}")

    def metrics(self) -> str:
        """For Prometheus."""
        family = Families()
        for team in self.good:
            family("mlplatform_alert_routes", "Teams whose alerts go to a receiver of theirs.").add(1, team=team)
        for team in {*self.good, *self.refused}:
            family("mlplatform_alert_routes_refused", "Whether a team's webhook isn't right.").add(
                team in self.refused, team=team
            )
        family("mlplatform_alert_routes_in_force", "Whether Alertmanager has taken the routes.").add(self.in_force)
        family("mlplatform_alert_routes_changes_total", "Changes of routes.", "counter").add(self.changes)
        family("mlplatform_alert_routes_seen_timestamp_seconds", "When teams' wishes were last read.").add(self.seen)
        return as_text(family)


def checked(path: Path) -> str:
    """What amtool says against a file; nothing if it is right."""
    ran = subprocess.run(["amtool", "check-config", str(path)], capture_output=True, text=True, timeout=30, check=False)
    return "" if ran.returncode == 0 else (ran.stderr or ran.stdout).strip()[-500:]


def reloaded(address: str, secret: Path) -> str:
    """What Alertmanager says against reading its file anew; nothing if it did. It may be on its way up."""
    said = "nothing"
    for _ in range(RETRIES):
        key = base64.b64encode(":".join(credentials(secret)).encode()).decode()
        request = urllib.request.Request(  # noqa: S310 - Alertmanager in the same pod
            f"{address}/-/reload", b"", {"Authorization": f"Basic {key}"}, method="POST"
        )
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10):
                return ""
        except urllib.error.HTTPError as error:
            return f"{error.code} {error.read(500).decode(errors='replace').strip()}"
        except OSError as error:
            said = f"it doesn't answer: {getattr(error, 'reason', error)}"
            time.sleep(0.5)
    return said
