"""Signing in by name and password, both from the platform's spec; groups are teams."""

from __future__ import annotations

from typing import Any

from jupyterhub.auth import Authenticator
from tornado import web

from .directory import Directory
from .limits import Limit

A_PERSON = Limit(most=10, seconds=60)
"""Wrong passwords of one name from one address."""
AN_ADDRESS = Limit(most=60, seconds=60)
"""Wrong passwords of one address, whatever the names: behind an ingress that hides addresses, of all people."""


class People(Authenticator):  # type: ignore[misc] # it has no types
    """Whoever the directory knows."""

    directory = Directory()
    """As it is now; `app.Hub` keeps it so."""
    key = b""
    """What marks of sessions are made with."""

    def check_allowed(self, username: str, authentication: Any = None) -> bool:
        """People of the spec, and nobody else."""
        return username in self.directory.passwords

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """Compare, unless too much was wrong of late."""
        name, address = data.get("username", "").strip()[:100], str(handler.request.remote_ip)
        person = f"{address} {name}"
        if wait := max(A_PERSON.wait(person), AN_ADDRESS.wait(address)):
            refused = web.HTTPError(429, f"Too many wrong passwords. Try again in {wait} seconds.")
            refused.headers = {"Retry-After": str(wait)}
            raise refused
        if not self.directory.accepts(name, data.get("password", "")):
            A_PERSON.failed(person)
            AN_ADDRESS.failed(address)
            return None
        A_PERSON.succeeded(person)
        return self._known(name)

    async def refresh_user(self, user: Any, handler: Any = None) -> bool | dict[str, Any]:
        """Who is gone is signed out, who is in other teams has them."""
        if user.name not in self.directory.passwords:
            return False
        return self._known(user.name)

    def add_user(self, user: Any) -> None:
        """A session is bound to the password that opened it."""
        super().add_user(user)
        if user.name in self.directory.passwords:
            user.orm_user.cookie_id = self.directory.mark(user.name, self.key)
            user.db.commit()

    def _known(self, name: str) -> dict[str, Any]:
        return {"name": name, "groups": [team.name for team in self.directory.teams_of(name)]}
