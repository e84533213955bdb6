"""A person at the hub, and code that runs in a kernel of their notebook."""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any
from uuid import uuid4

import aiohttp

from tests.support.commands import mlp
from tests.support.refused import Refused
from tests.support.web import Site

HOST = "notebooks.localhost"
PAUSE = 0.1
VERSION = {"version": "5.3"}
"""Of the kernels' protocol."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leads to names that glibc doesn't resolve."""

    def redirect_request(self, *_: Any) -> None:
        return None


class RaisedError(Exception):
    """Code in a kernel raised something; its text is what."""


@dataclass
class Person:
    """Somebody who is signed in."""

    name: str
    ingress: str
    token: str = field(repr=False)

    @property
    def site(self) -> Site:
        """The hub."""
        return Site("hub", self.ingress, f"{HOST}:{self.ingress.rpartition(':')[2]}")

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"}

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The hub's API."""
        return self.site.ask(method, f"/hub/api{path}", body, self.headers)

    def servers(self) -> dict[str, dict[str, Any]]:
        """Notebooks by team."""
        found: dict[str, dict[str, Any]] = self.ask("GET", f"/users/{self.name}")["servers"]
        return found

    def start(self, team: str, profile: str = "", seconds: float = 120) -> float:
        """Start a notebook; how long until it is ready."""
        began = time.monotonic()
        self.ask("POST", f"/users/{self.name}/servers/{team}", {"profile": profile} if profile else {})
        while not self.servers().get(team, {}).get("ready"):
            taken = time.monotonic() - began
            assert taken < seconds, f"not ready after {taken:.0f} s: {self.servers()}"
            time.sleep(PAUSE)
        return time.monotonic() - began

    def stop(self, team: str, seconds: float = 60) -> None:
        """Stop a notebook, if it runs."""
        if team not in self.servers():
            return
        self.ask("DELETE", f"/users/{self.name}/servers/{team}")
        self.gone(team, seconds)

    def gone(self, team: str, seconds: float = 60) -> None:
        """Wait until a notebook has stopped."""
        end = time.monotonic() + seconds
        while team in self.servers():
            assert time.monotonic() < end, f"still there after {seconds:.0f} s: {self.servers()}"
            time.sleep(PAUSE)

    def kernel(self, team: str) -> Kernel:
        """A new one in the notebook."""
        path = f"/user/{self.name}/{team}/api/kernels"
        made = self.site.ask("POST", path, {"name": "python3"}, self.headers)
        return Kernel(self, f"{path}/{made['id']}")


@dataclass
class Kernel:
    """A kernel, over its websocket as JupyterLab has it."""

    person: Person
    path: str

    def run(self, code: str, seconds: float = 60) -> str:
        """What the code printed.

        Raises:
            RaisedError: It raised.
        """
        return asyncio.run(asyncio.wait_for(self._run(code), seconds))

    async def _run(self, code: str) -> str:
        site = self.person.site
        headers = {**self.person.headers, "Host": site.host}
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": True}
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{site.address}{self.path}/channels", headers=headers, max_msg_size=0) as socket,
        ):
            # Once it says that it is idle, it says everything that comes after.
            await self._asked(socket, "kernel_info", {})
            return await self._asked(socket, "execute", content)

    async def _asked(self, socket: aiohttp.ClientWebSocketResponse, what: str, content: dict[str, Any]) -> str:
        message, printed, reply, idle = uuid4().hex, list[str](), dict[str, Any](), False
        header = {"msg_id": message, "msg_type": f"{what}_request", "username": "", "session": message, **VERSION}
        parts = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        await socket.send_str(json.dumps(parts))
        while not (idle and reply):
            got = await socket.receive()
            assert got.type == aiohttp.WSMsgType.TEXT, f"the kernel hung up: {''.join(printed)[-500:]}"
            answer = json.loads(got.data)
            if answer.get("parent_header", {}).get("msg_id") != message:
                continue
            kind, said = answer["header"]["msg_type"], answer["content"]
            if kind == "stream" and said["name"] == "stdout":
                printed.append(said["text"])
            elif kind == f"{what}_reply":
                reply = said
            elif kind == "status":
                idle = said["execution_state"] == "idle"
        if reply["status"] != "ok":
            raise RaisedError(f"{reply.get('ename')}: {reply.get('evalue')}")
        return "".join(printed)


def password_of(person: str) -> str:
    """As people get it."""
    told = mlp("credentials", "notebooks", "--user", person, "--json", seconds=60).must_succeed().stdout
    found: str = json.loads(told)["password"]
    return found


def sign_in(ingress: str, name: str, password: str) -> Person:
    """By the form, as a browser does; then a token for programs.

    Raises:
        Refused: The hub doesn't know them.
    """
    jar = CookieJar()
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar), NoRedirect()
    )

    def ask(path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        host = f"{HOST}:{ingress.rpartition(':')[2]}"
        request = urllib.request.Request(f"{ingress}{path}", body, {"Host": host, **headers})
        try:
            with opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")

    def mark() -> str:
        return next(cookie.value or "" for cookie in jar if cookie.name == "_xsrf")

    ask("/hub/login")
    form = urllib.parse.urlencode({"username": name, "password": password, "_xsrf": mark()})
    status, text = ask("/hub/login", form.encode())
    if status != 302:
        told = re.search(r'login_error">(.*?)<', text, re.DOTALL)
        raise Refused("hub", f"{status} {told.group(1).strip() if told else text[:200]}")
    ask("/hub/home")
    tokens = f"/hub/api/users/{name}/tokens?_xsrf={urllib.parse.quote(mark())}"
    status, text = ask(tokens, b'{"note": "e2e", "expires_in": 3600}', **{"Content-Type": "application/json"})
    assert status in (200, 201), f"no token: {status} {text[:500]}"
    return Person(name, ingress, json.loads(text)["token"])
