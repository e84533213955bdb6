"""The controller as a process: `python -m modelservice`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from functools import partial

import aiohttp
from aiohttp import web

from . import metrics
from .activator import Activator
from .controller import Controller
from .kube import ACCOUNT, Kube
from .settings import Settings
from .stats import Stats

HEARD_SECONDS = 2.0
"""So long routers may take to hear that requests go elsewhere: until then they are still answered here."""


async def run(settings: Settings, server: str) -> None:
    """Until SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Kube(server, ACCOUNT) as kube, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        controller = Controller(kube, settings, Stats(session, settings.model_port))
        activator = Activator(settings, controller.gate)
        side = await serve(controller, settings.metrics_port)
        await activator.start()
        steering = asyncio.create_task(controller.run())
        await asyncio.wait([steering, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
        if steering.done():
            steering.result()
        await controller.part()
        await asyncio.sleep(HEARD_SECONDS)
        steering.cancel()
        await activator.stop()
        await side.cleanup()
        with contextlib.suppress(asyncio.CancelledError):
            await steering


async def serve(controller: Controller, port: int) -> web.AppRunner:
    """/metrics and /healthz."""

    async def told(controller: Controller, _: web.Request) -> web.Response:
        return web.Response(text=metrics.text(controller.samples(), controller.cluster.rollouts))

    async def health(controller: Controller, _: web.Request) -> web.Response:
        if controller.services.synced.is_set():
            return web.Response(text="ok\n")
        return web.Response(status=503, text="the API server hasn't told of the model services yet\n")

    app = web.Application()
    app.router.add_get("/metrics", partial(told, controller))
    app.router.add_get("/healthz", partial(health, controller))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", port).start()  # noqa: S104 - a pod's only address
    return runner


def main() -> int:
    """Read the environment, then run."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        settings = Settings.read(os.environ)
        server = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    except KeyError as error:
        print(f"environment variable {error} isn't set", file=sys.stderr)
        return 2
    asyncio.run(run(settings, server))
    return 0


if __name__ == "__main__":
    sys.exit(main())
