"""A Bento of a team's own: its service as it is, in this process, without what costs most in BentoML's server."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from .answers import Receive, Refused, Scope, Send
from .app import App
from .bodies import refuse, too_large
from .model import ModelError

LEFT_OUT = {"OpenTelemetryMiddleware", "RunnerTrafficMetricsMiddleware", "AccessLogMiddleware"}
"""BentoML's own middlewares for what is counted here, once for all paths."""


class BentoApp(App):
    """All paths but the pod's own are the Bento's. Each request to them counts."""

    inner: Callable[[Scope, Receive, Send], Awaitable[None]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, to: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and (look := self.looks().get(scope["path"])) and scope["method"] == "GET":
            await look(to)
        elif scope["type"] in ("http", "websocket"):
            await self._inside(scope, receive, to)

    async def _inside(self, scope: Scope, receive: Receive, to: Send) -> None:
        began, status, most, size = self.stats.begin(), 500, self.settings.max_body_bytes, 0

        async def noted(message: Any) -> None:
            nonlocal status
            if size > most:
                return
            if message["type"] == "http.response.start":
                status = message["status"]
            await to(message)

        async def bounded() -> Any:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            # What a Bento does with a body is its own affair; what it is given is ours.
            return {"type": "http.disconnect"} if size > most else message

        try:
            length = next((value for name, value in scope.get("headers", ()) if name == b"content-length"), b"")
            if self.inner is None:
                raise Refused(503, self.state, "try again in a second")
            if length.isdigit() and int(length) > most:
                raise too_large(most)
            await self.inner(scope, bounded, noted)
            # Its own answer, to a client that it takes to be gone, isn't sent.
            if size > most:
                raise too_large(most)
        except Refused as refused:
            status = refused.status
            await refuse(scope, receive, to, refused)
        finally:
            # One endpoint for paths that anybody may make up: labels are few.
            self.metrics.answered("bento", status, self.stats.end(began, status))

    @contextlib.asynccontextmanager
    async def served(self, folder: Path) -> Any:
        """The Bento, from its start to its end.

        Raises:
            ModelError: It can't be loaded.
        """
        os.environ.setdefault("BENTOML_HOME", "/tmp/bentoml")  # noqa: S108 - an emptyDir of the pod alone
        os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
        from _bentoml_impl.loader import load
        from _bentoml_impl.server.app import ServiceAppFactory
        from bentoml._internal.context import server_context

        try:
            service = load(str(folder), standalone_load=True)
            service.inject_config()
        except Exception as error:
            raise ModelError(f"the Bento can't be loaded: {type(error).__name__}: {error}") from None

        server_context.service_type, server_context.service_name = "entry_service", service.name
        server_context.bento_name, server_context.bento_version = service.bento.tag.name, service.bento.tag.version

        class Light(ServiceAppFactory):  # type: ignore[misc]  # bentoml is in the image alone
            @property
            def middlewares(self) -> Any:
                return [one for one in super().middlewares if one.cls.__name__ not in LEFT_OUT]

        inner = Light(service, is_main=True)()
        async with inner.router.lifespan_context(inner):
            self.inner = inner
            yield
            self.inner = None
