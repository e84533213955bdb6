# ruff: noqa: E402 - the client is made lean before anything imports it
"""The hub as it is configured, and who it lets in: what needs its libraries, and no cluster."""

import asyncio
import os
import sys
from collections.abc import Callable
from types import SimpleNamespace

os.environ["POD_NAMESPACE"] = "mlp-platform"

from mlplatform_hub.lean import lighten

lighten()

import jupyterhub_idle_culler
import psycopg2
from mlplatform_hub import app, configuration
from mlplatform_hub.authenticator import People
from mlplatform_hub.directory import Directory, Profile, Team
from mlplatform_hub.settings import Settings
from mlplatform_hub.spawner import TeamSpawner
from tornado import web
from traitlets.config import Config

ENVIRONMENT = {
    "GROUP": "mlplatform.dev",
    "POD_NAMESPACE": "mlp-platform",
    "PEOPLE_FROM": "hub-people",
    "PUBLIC_URL": "http://notebooks.localhost:8080",
    "HUB_URL": "http://hub:8081",
    "DATABASE_URI": "sqlite://",
    "IDLE_SECONDS": "3600",
    "METRICS_PORT": "9090",
    "TRUSTED": "",
    "COOKIE_KEY": "a",
    "PROXY_KEY": "b",
}
PROFILE = Profile("small", "Small <b>", "image", "100m", "1Gi")
TEAM = Team("search", frozenset({"ada"}), (PROFILE, PROFILE), "1Gi", "standard", "team-shared", "notebook", {}, ())
HANDLER = SimpleNamespace(request=SimpleNamespace(remote_ip="127.0.0.1"))


def asked(person: People, name: str, password: str) -> object:
    """What signing in comes to."""
    return asyncio.run(person.authenticate(HANDLER, {"username": name, "password": password}))


def refused(code: int, call: Callable[..., object], *arguments: object) -> None:
    """Call, and be refused with this code."""
    try:
        call(*arguments)
    except web.HTTPError as error:
        assert error.status_code == code, error
    else:
        raise AssertionError(f"not refused with {code}")


def main() -> None:
    """Configure, sign in, choose."""
    loaded = Config()
    configuration.configure(loaded, Settings.read(ENVIRONMENT))
    hub = app.Hub(config=loaded)
    assert hub.allow_named_servers and not hub.cleanup_servers and hub.spawner_class is TeamSpawner
    assert "kubernetes_asyncio.client.models.v1_stateful_set" not in sys.modules, "the whole client is imported"
    assert jupyterhub_idle_culler and psycopg2

    People.directory = TeamSpawner.directory = Directory({"ada": "right", "bob": "right"}, {"search": TEAM})
    people = People()
    assert asked(people, "ada", "right") == {"name": "ada", "groups": ["search"]}
    assert asked(people, "bob", "right") == {"name": "bob", "groups": []}
    assert asked(people, "mallory", "") is None
    for _ in range(10):
        assert asked(people, "ada", "wrong") is None
    refused(429, asked, people, "ada", "right")
    assert asked(people, "bob", "right"), "one person's mistakes are another's"
    assert not asyncio.run(people.refresh_user(SimpleNamespace(name="mallory")))

    seat = SimpleNamespace(name="search", user=SimpleNamespace(name="ada"), directory=TeamSpawner.directory)
    assert TeamSpawner.team(seat) is TEAM
    seat.team = lambda: TEAM
    form = asyncio.run(TeamSpawner.get_options_form(seat))
    assert "Small &lt;b&gt;" in form and 'value="small"' in form
    for name, person in (("recsys", "ada"), ("", "ada"), ("search", "bob"), ("search", "mallory")):
        other = SimpleNamespace(name=name, user=SimpleNamespace(name=person), directory=TeamSpawner.directory)
        refused(403, TeamSpawner.team, other)


main()
