"""The catalogue by HTTP: for the tenancy controller, which gives teams their keys, and for feature servers.

- `PUT /-/teams/TEAM` {"key": ...}, `DELETE /-/teams/TEAM?purge=true|false`: with the admin's key.
- `GET /visible`: what the key's team may see, of all projects.
- `PUT /shared/TEAM` {"views": [...]}: these views of the key's team are that one's to read, and no others.
- `GET /projects/PROJECT/readable`: whose key it is, and the views whose values it may read.
- `GET /projects/PROJECT/definitions`: all that it may see of it, as Feast's message Registry.
- `GET /health`, `GET /live`, without a key.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from .grants import project_of
from .kinds import SERVICE, VIEW
from .problem import NotAllowedError, RefusedError
from .registry import Catalogue, digest

BEARER = "Bearer "
SHORTEST_KEY = 32
MOST_BYTES = 64 * 1024


def application(catalogue: Catalogue, admin_key: str) -> web.Application:
    """The routes."""
    api = _Api(catalogue, admin_key)
    made = web.Application(middlewares=[_explained], client_max_size=MOST_BYTES)
    made.router.add_put("/-/teams/{team}", api.give)
    made.router.add_delete("/-/teams/{team}", api.take)
    made.router.add_get("/visible", api.visible)
    made.router.add_put("/shared/{team}", api.share)
    made.router.add_get("/projects/{project}/readable", api.readable)
    made.router.add_get("/projects/{project}/definitions", api.definitions)
    made.router.add_get("/health", api.health)
    made.router.add_get("/live", api.live)
    return made


@web.middleware
async def _explained(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except RefusedError as error:
        return web.json_response({"error": str(error)}, status=400)
    except NotAllowedError as error:
        return web.json_response(
            {"error": str(error), "fix": "send Authorization: Bearer <the team's key>"}, status=401
        )


class _Api:
    def __init__(self, catalogue: Catalogue, admin_key: str) -> None:
        self.catalogue = catalogue
        self.admin_key = admin_key

    async def give(self, request: web.Request) -> web.Response:
        """A team's key, in place of any before."""
        self._admin(request)
        team = project_of(request.match_info["team"])
        try:
            fields = await request.json()
            key = fields["key"]
        except (json.JSONDecodeError, KeyError, TypeError):
            return web.json_response({"error": 'send {"key": ...}'}, status=400)
        if not isinstance(key, str) or len(key) < SHORTEST_KEY:
            return web.json_response({"error": "the key is too short"}, status=400)
        await asyncio.to_thread(self.catalogue.kept.set_key, team, digest(key))
        return web.json_response({"team": team})

    async def take(self, request: web.Request) -> web.Response:
        """No access from now on; nothing left either, where it is purged."""
        self._admin(request)
        team = project_of(request.match_info["team"])
        await asyncio.to_thread(self.catalogue.kept.set_key, team, None)
        if request.query.get("purge") == "true":
            await asyncio.to_thread(self.catalogue.kept.purge, team)
        return web.json_response({"team": team})

    async def visible(self, request: web.Request) -> web.Response:
        """Views and services by project."""
        team = await self._team(request)
        return web.json_response(await asyncio.to_thread(visible, self.catalogue, team))

    async def share(self, request: web.Request) -> web.Response:
        """Let another team read."""
        team, other = await self._team(request), project_of(request.match_info["team"])
        try:
            views = [str(view) for view in (await request.json())["views"]]
        except (json.JSONDecodeError, KeyError, TypeError):
            return web.json_response({"error": 'send {"views": [...]}'}, status=400)
        shared = await asyncio.to_thread(self.catalogue.share, team, other, views)
        return web.json_response({"team": other, "views": shared})

    async def readable(self, request: web.Request) -> web.Response:
        """Who asks, and what they may read."""
        team, project = await self._team(request), request.match_info["project"]
        views = await asyncio.to_thread(self.catalogue.readable, team, project)
        return web.json_response({"team": team, "views": views})

    async def definitions(self, request: web.Request) -> web.Response:
        """What a feature server answers by."""
        team, project = await self._team(request), request.match_info["project"]
        found = await asyncio.to_thread(self.catalogue.definitions, team, project)
        return web.Response(body=found.SerializeToString(), content_type="application/x-protobuf")

    async def health(self, request: web.Request) -> web.Response:
        """Whether the database answers."""
        await asyncio.to_thread(self.catalogue.kept.projects)
        return web.json_response({"status": "ok"})

    async def live(self, request: web.Request) -> web.Response:
        """Whether this does."""
        return web.json_response({"status": "ok"})

    def _admin(self, request: web.Request) -> None:
        if not hmac.compare_digest(_key(request).encode(), self.admin_key.encode()):
            raise NotAllowedError("this is for the platform's controller")

    async def _team(self, request: web.Request) -> str:
        return await asyncio.to_thread(self.catalogue.who, _key(request))


def _key(request: web.Request) -> str:
    given = request.headers.get("Authorization", "")
    return given.removeprefix(BEARER) if given.startswith(BEARER) else ""


def visible(catalogue: Catalogue, team: str) -> dict[str, object]:
    """What a team finds: `projects`, each with its views and services."""
    found = []
    for project in catalogue.projects_of(team):
        readable = set(catalogue.readable(team, project))
        shared = catalogue.shared(project) if project == team else {}
        views = [
            {
                "name": view.spec.name,
                "description": view.spec.description,
                "entities": [name for name in view.spec.entities if not name.startswith("__")],
                "features": [feature.name for feature in view.spec.features],
                "readable": view.spec.name in readable,
                "shared": shared.get(view.spec.name, []),
                "materialized": max(
                    (one.end_time.ToDatetime().isoformat() + "Z" for one in view.meta.materialization_intervals),
                    default=None,
                ),
            }
            for view in catalogue.seen(team, project, VIEW)
        ]
        services = [
            {"name": one.spec.name, "views": [part.feature_view_name for part in one.spec.features]}
            for one in catalogue.seen(team, project, SERVICE)
        ]
        found.append({"project": project, "own": project == team, "views": views, "services": services})
    return {"team": team, "projects": found}
