"""JupyterHub, following the directory."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from secrets import token_hex
from typing import Any

import prometheus_client
from jupyterhub import orm
from jupyterhub.app import JupyterHub
from kubernetes_asyncio import client, config
from kubespawner.clients import shared_client
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from . import configuration, directory, keeping
from .authenticator import People
from .following import follow
from .settings import HUB_PORT, Settings
from .spawner import TeamSpawner

FIRST_SECONDS = 60
STOP_SECONDS = 60
AGAIN_SECONDS = 20
PLURAL = "notebookteams"


class Hub(JupyterHub):  # type: ignore[misc] # it has no types
    """The hub. What the directory says holds a moment after it changed, without a restart."""

    name = "jupyterhub"
    settings_of_ours: Settings

    async def start(self) -> None:
        """Serve nobody before it is known who there is."""
        self._passwords: Mapping[str, str] | None = None
        self._teams: Mapping[str, directory.Team] | None = None
        self._first, self._turn = asyncio.Event(), asyncio.Lock()
        config.load_incluster_config()
        ours, custom = self.settings_of_ours, shared_client("CustomObjectsApi")
        core: client.CoreV1Api = shared_client("CoreV1Api")
        group = {"group": ours.group, "version": "v1", "plural": PLURAL}
        secret = {"namespace": ours.namespace, "field_selector": f"metadata.name={ours.people_secret}"}
        self._following = [
            asyncio.create_task(follow("people", core.list_namespaced_secret, self._people_are, **secret)),
            asyncio.create_task(follow("teams", custom.list_cluster_custom_object, self._teams_are, **group)),
        ]
        await asyncio.wait_for(self._first.wait(), FIRST_SECONDS)
        prometheus_client.start_http_server(ours.metrics_port)
        await super().start()
        self._started = True
        self._following.append(asyncio.create_task(self._keep_on()))

    _started = False

    async def _people_are(self, objects: dict[str, Mapping[str, Any]]) -> None:
        self._passwords = directory.passwords(next(iter(objects.values()), {}))
        await self._changed()

    async def _teams_are(self, objects: dict[str, Mapping[str, Any]]) -> None:
        self._teams, wrong = directory.teams(objects.values())
        for line in wrong:
            self.log.warning("%s", line)
        await self._changed()

    async def _changed(self) -> None:
        if self._passwords is None or self._teams is None:
            return
        now = directory.Directory(self._passwords, self._teams)
        if now == People.directory and self._first.is_set():
            return
        People.directory = TeamSpawner.directory = now
        self.log.info("directory: %d people, teams %s", len(now.passwords), ", ".join(sorted(now.teams)) or "none")
        self._first.set()
        if self._started:
            await self._keep()

    async def _keep_on(self) -> None:
        while True:
            await self._keep()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _keep(self) -> None:
        """One change at a time. What fails is tried again a little later."""
        async with self._turn:
            for change in keeping.changes(People.directory, self._known(), People.key):
                try:
                    await self._do(change)
                except (OSError, HTTPClientError, TimeoutError) as error:
                    self.log.warning("%s can't be changed yet: %s", change.name, error)

    def _known(self) -> list[keeping.Known]:
        return [
            keeping.Known(
                user.name,
                user.cookie_id,
                tuple(spawner.name for spawner in user._orm_spawners if spawner.name or spawner.server),
                frozenset(group.name for group in user.groups),
            )
            for user in self.db.query(orm.User)
        ]

    async def _do(self, change: keeping.Change) -> None:
        if change.forget:
            self.log.info("%s: forgotten, with sessions and notebooks", change.name)
            self._sign_out(change.name)
            for server in change.stop:
                await self._stop(change.name, server)
            await self._ask("DELETE", f"users/{change.name}")
            return
        if change.groups is not None:
            self.log.info("%s: now in %s", change.name, ", ".join(sorted(change.groups)) or "no team")
            self.users[change.name].sync_groups(set(change.groups))
        for server in change.stop:
            self.log.info("%s: notebook of %s goes", change.name, server)
            await self._stop(change.name, server)

    def _sign_out(self, name: str) -> None:
        """Everywhere and at once: whatever else takes longer."""
        user = self.users[name].orm_user
        user.cookie_id = token_hex(16)
        for token in list(user.api_tokens):
            self.db.delete(token)
        self.db.commit()

    async def _stop(self, name: str, server: str) -> None:
        """Stop a notebook and wait until it has; it may be starting just now."""
        end = time.monotonic() + STOP_SECONDS
        await self._ask("DELETE", f"users/{name}/servers/{server}", {"remove": True})
        while (spawner := self.users[name].spawners.get(server)) is not None and spawner.active:
            if time.monotonic() > end:
                raise TimeoutError(f"the notebook of {server} doesn't stop")
            await asyncio.sleep(0.2)
            if not spawner.pending:
                await self._ask("DELETE", f"users/{name}/servers/{server}", {"remove": True})

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """By its own API, which knows how to stop what is just starting."""
        request = HTTPRequest(
            f"http://127.0.0.1:{HUB_PORT}/hub/api/{path}",
            method,
            headers={"Authorization": f"token {configuration.KEEPER_TOKEN}"},
            body=json.dumps(body) if body is not None else None,
            allow_nonstandard_methods=True,
            request_timeout=60,
        )
        try:
            await AsyncHTTPClient().fetch(request)
        except HTTPClientError as error:
            if error.code != 404:  # it is gone already
                raise
