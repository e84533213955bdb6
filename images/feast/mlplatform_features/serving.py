"""Runs a feature server on its two ports until a signal ends it."""

from __future__ import annotations

import asyncio
import signal

from aiohttp import web

from .server import Server


async def run(server: Server, port: int, metrics_port: int) -> None:
    """Until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runners = []
    for application, at in ((server.application(), port), (server.metrics_application(), metrics_port)):
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, port=at).start()
        runners.append(runner)
    await ended.wait()
    for runner in runners:
        await runner.cleanup()
