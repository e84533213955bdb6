"""KubeSpawner, told by the team's own object what its notebooks are: named servers, one a team, called like it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from kubernetes_asyncio import client
from kubernetes_asyncio.client import ApiException
from kubespawner import KubeSpawner
from tornado import web

from . import forms, pod
from .directory import TEAMS, Directory, Team

CONFLICT, FORBIDDEN, NOT_FOUND = 409, 403, 404


class TeamSpawner(KubeSpawner):  # type: ignore[misc] # it has no types
    """A notebook of one person in the namespace of one team."""

    directory = Directory()
    """As it is now; `app.Hub` keeps it so, for all spawners."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.namespace = f"{TEAMS}{self.name}"

    group = "mlplatform.dev"
    """API group of NotebookTeams."""
    report_seconds = 300
    """How often a notebook says when it was last used."""

    def team(self) -> Team:
        """Whose notebook it is.

        Raises:
            web.HTTPError: The person isn't in the team, or named none.
        """
        found = self.directory.team_of(self.user.name, self.name)
        if found is None:
            named = f"{self.user.name} isn't in team {self.name}" if self.name else "a notebook belongs to a team"
            having = ", ".join(team.name for team in self.directory.teams_of(self.user.name)) or "none"
            raise web.HTTPError(403, f"{named}: choose one of {self.user.name}'s teams ({having})")
        return found

    async def get_options_form(self) -> str:
        """Profiles to choose from, where there is more than one."""
        profiles = self.team().profiles
        if len(profiles) < 2:
            return ""
        return forms.choice(profiles)

    def options_from_form(self, formdata: dict[str, list[str]]) -> dict[str, str]:
        """What was chosen."""
        return {"profile": formdata.get("profile", [""])[0]}

    async def load_user_options(self) -> None:
        """Everything of the pod, from the team as it is now."""
        team = self.team()
        try:
            profile = team.profile(self.user_options.get("profile"))
        except (KeyError, TypeError):
            names = ", ".join(one.name for one in team.profiles)
            raise web.HTTPError(400, f"team {team.name} has no such profile: use one of {names}") from None
        self.image = profile.image
        self.cpu_guarantee = None
        self.mem_guarantee = self.mem_limit = None
        extra = {"nvidia.com/gpu": str(profile.gpu)} if profile.gpu else {}
        self.extra_resource_guarantees = {"cpu": profile.cpu, "memory": profile.memory, **extra}
        self.extra_resource_limits = {"memory": profile.memory, **extra}
        self.node_selector = dict(profile.node_selector)
        self.tolerations = [dict(one) for one in profile.tolerations]
        self.service_account = team.service_account
        self.storage_class, self.storage_capacity = team.storage_class, team.home
        self.volumes, self.volume_mounts = pod.volumes(team, self.pvc_name), pod.mounts(team)
        reports = {"JUPYTERHUB_ACTIVITY_INTERVAL": str(self.report_seconds)}
        self.environment = {**pod.environment(team, profile), **reports}
        self.extra_container_config = {"envFrom": pod.from_secrets(team)}

    def get_env(self) -> dict[str, Any]:
        """With the hub's token in a Secret."""
        shown, self._token = pod.hide_tokens(super().get_env(), self.pod_name)
        return dict(shown)

    async def get_pod_manifest(self) -> Any:
        """The pod; what it refers to is there before it is."""
        owner = pod.owner(self.group, self.team())
        manifest = await super().get_pod_manifest()
        manifest.metadata.owner_references = [client.V1OwnerReference(**_snake(owner))]
        await self._remove_token()
        secret = pod.token_secret(self.pod_name, self.user.name, self._token, owner)
        await self.api.create_namespaced_secret(self.namespace, secret)
        return manifest

    async def _start(self) -> str:
        try:
            return str(await super()._start())
        except ApiException as error:
            await self._remove_token()
            # Over quota, or not let in by a policy: the API server's own words are for the person.
            if error.status != FORBIDDEN:
                raise
            told = web.HTTPError(403, f"the cluster refused it: {_message(error)}")
            told.jupyterhub_message = f"The cluster refused it: {_message(error)}"
            raise told from None

    async def stop(self, now: bool = False) -> None:
        """The pod and its token go; home and what is shared stay."""
        try:
            await asyncio.gather(super().stop(now), self._remove_token())
        except ApiException as error:
            # The team has gone, or has no notebooks any more: Kubernetes removes the pod with its NotebookTeam.
            if error.status not in (NOT_FOUND, FORBIDDEN):
                raise
            self.log.info("%s in %s goes with its team", self.pod_name, self.namespace)

    async def _remove_token(self) -> None:
        try:
            await self.api.delete_namespaced_secret(self.pod_name, self.namespace)
        except ApiException as error:
            # A person who was taken out of the team: its stack has taken the right back, and the token opens nothing.
            if error.status not in (NOT_FOUND, FORBIDDEN):
                raise


def _snake(owner: dict[str, str]) -> dict[str, str]:
    """As the client's class takes it."""
    return {"api_version" if name == "apiVersion" else name: value for name, value in owner.items()}


def _message(error: ApiException) -> str:
    """What the API server said."""
    try:
        return str(json.loads(error.body)["message"])[:500]
    except (TypeError, ValueError, KeyError):
        return str(error.reason)
