"""The controller as a process: `python -m modelservice`."""

from __future__ import annotations

import asyncio
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
from .lease import Lease
from .settings import Settings
from .stats import Stats

HEARD_SECONDS = 5.0
"""So long the next controller and routers may take until requests go elsewhere: they are still answered here."""
LEASE = "serving"
log = logging.getLogger(__name__)


async def run(settings: Settings, server: str) -> int:
    """Until SIGTERM, or until another controller steers."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Kube(server, ACCOUNT) as kube, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        controller = Controller(kube, settings, Stats(session, settings.model_port))
        lease = Lease(kube, settings.namespace, LEASE, settings.pod)
        activator = Activator(settings, controller.gate)
        side = await serve(controller, settings.metrics_port)
        await activator.start()
        stopping = asyncio.create_task(stop.wait())
        taking = asyncio.create_task(lease.take())
        await asyncio.wait([taking, stopping], return_when=asyncio.FIRST_COMPLETED)
        taking.cancel()
        code = 0
        if not stop.is_set():
            code = await steer(controller, lease, stopping)
        await activator.stop()
        await side.cleanup()
        return code


async def steer(controller: Controller, lease: Lease, stopping: asyncio.Task[bool]) -> int:
    """From when the lease is ours until it no longer has to be."""
    controller.steers = True
    running = [asyncio.create_task(controller.run()), asyncio.create_task(lease.keep())]
    await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
    code = 0
    if stopping.done():
        await controller.part()
        await lease.let_go()
        await asyncio.sleep(HEARD_SECONDS)
    for task in running:
        if task.done() and (error := task.exception()):
            log.error("%s", error)
            code = 1
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return code


async def serve(controller: Controller, port: int) -> web.AppRunner:
    """/metrics and /healthz."""

    async def told(controller: Controller, _: web.Request) -> web.Response:
        return web.Response(text=metrics.text(controller.samples(), controller.cluster.rollouts))

    async def health(controller: Controller, _: web.Request) -> web.Response:
        # One that waits for its turn is well too: the one before goes only when it is there.
        if controller.services.synced.is_set() or not controller.steers:
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
    return asyncio.run(run(settings, server))


if __name__ == "__main__":
    sys.exit(main())
