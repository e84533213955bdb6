"""Alertmanager's configuration: a team's alerts go to the team, all of them to the platform."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

PLATFORM = "platform"
NOBODY = "nobody"
LONGEST = 2048
GROUP_WAIT, GROUP_INTERVAL, REPEAT = "5s", "30s", "4h"


def wrong(url: str) -> str:
    """What is wrong with a webhook's address, for people; empty if nothing is."""
    if len(url) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    if any(character.isspace() or not character.isprintable() for character in url):
        return "there are spaces or control characters in it"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https"):
        return "it doesn't begin with http:// or https://"
    return "" if parts.hostname else "it has no host"


def config(platform: str, teams: Mapping[str, str]) -> dict[str, Any]:
    """The whole of it.

    Args:
        platform: Webhook for all alerts, or empty.
        teams: Webhooks of teams by their names. A route matches the label `team`, which Prometheus puts on by the
            namespace that a series comes from: no team gets another's.
    """
    receivers: list[dict[str, Any]] = [{"name": NOBODY}]
    routes: list[dict[str, Any]] = []
    for team, url in sorted(teams.items()):
        receivers.append(_receiver(f"team-{team}", url))
        routes.append({"receiver": f"team-{team}", "matchers": [f'team="{team}"'], "continue": True})
    if platform:
        receivers.append(_receiver(PLATFORM, platform))
        routes.append({"receiver": PLATFORM})
    return {
        "route": {
            "receiver": NOBODY,
            "group_by": ["alertname", "team", "namespace", "model"],
            "group_wait": GROUP_WAIT,
            "group_interval": GROUP_INTERVAL,
            "repeat_interval": REPEAT,
            "routes": routes,
        },
        "receivers": receivers,
        "inhibit_rules": [
            {
                "source_matchers": ['severity="critical"'],
                "target_matchers": ['severity=~"warning|info"'],
                "equal": ["alertname", "team", "namespace", "node"],
            }
        ],
    }


def _receiver(name: str, url: str) -> dict[str, Any]:
    return {"name": name, "webhook_configs": [{"url": url, "send_resolved": True, "max_alerts": 0}]}


def rendered(platform: str, teams: Mapping[str, str]) -> str:
    """The file. JSON is YAML."""
    return json.dumps(config(platform, teams), indent=1) + "\n"
