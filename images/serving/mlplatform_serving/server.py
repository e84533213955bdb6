"""The process: serves at once, loads aside, ends when it is told to without losing an answer."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from . import prediction_log, settings
from .app import App
from .model import AnswerError, ModelError, Package, load
from .prediction_log import PredictionLog
from .predictions import Predictions
from .protocol import patient_for
from .settings import Settings
from .team_bento import BentoApp

KEEP_ALIVE_SECONDS = 120
"""Longer than any proxy in front keeps a connection: who closes first must not be the one who is asked."""
END_SECONDS = 8
TERMINATION = Path("/dev/termination-log")
BENTO = "bento"


def main() -> int:
    """Serve until told to end; 1 where the model can't be served, with the reason."""
    try:
        told = settings.read(os.environ)
        package = Package.read(told.packed)
    except (settings.SettingsError, ModelError) as error:
        return _failed(str(error))
    import uvloop

    code: int = uvloop.run(serve(told, package))
    return code


class Server(uvicorn.Server):
    """Ends when told to, and lets the rest of the process end as well: uvicorn would raise the signal once more."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals that ask it to end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


async def serve(told: Settings, package: Package) -> int:
    """The server and, beside it, what loads."""
    app = BentoApp(told) if package.kind == BENTO else App(told)
    app.metrics.common["service_version"] = package.version
    config = uvicorn.Config(
        app,
        host="0.0.0.0",  # noqa: S104 - a pod's own
        port=told.port,
        http=patient_for(told.header_seconds),
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=END_SECONDS,
        backlog=4096,
    )
    server = Server(config)
    failed: list[str] = []
    async with contextlib.AsyncExitStack() as stack:
        loading = asyncio.create_task(_load(app, package, stack, server, failed))
        await server.serve()
        app.ending = True
        loading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await loading
    return _failed(failed[0]) if failed else 0


async def _load(
    app: App, package: Package, stack: contextlib.AsyncExitStack, server: uvicorn.Server, failed: list[str]
) -> None:
    start = time.monotonic()
    try:
        if isinstance(app, BentoApp):
            await stack.enter_async_context(app.served(app.settings.packed))
        else:
            # Aside: what asks whether the pod lives is answered meanwhile.
            app.answering = await asyncio.to_thread(predictions, app, package, stack)
    except (ModelError, AnswerError) as error:
        failed.append(str(error))
        server.should_exit = True
    except Exception as error:
        failed.append(f"the model can't be loaded: {type(error).__name__}: {error}")
        server.should_exit = True
    else:
        app.ready = True
        gc.collect()
        gc.freeze()
        print(
            f"{package.model} version {package.version}: ready after {time.monotonic() - start:.1f} s, "
            f"batching {'on' if app.settings.batches else 'off'}",
            flush=True,
        )


def predictions(app: App, package: Package, stack: contextlib.AsyncExitStack) -> Predictions:
    """What answers with the packed model, which has predicted its example.

    Raises:
        ModelError, AnswerError: It can't.
    """
    told = app.settings
    model = load(told.packed / "model")
    model.rehearse()
    write = prediction_log.to_postgres(told.database_url, told.log_days) if told.database_url else None
    log = PredictionLog(write, app.metrics.logged.add, app.metrics.dropped.add)
    log.start()
    stack.callback(log.stop)
    made = Predictions(model, package, app.metrics, log)
    if told.batches:
        made.batch(told.max_batch_size, told.max_batch_latency_ms)
    return made


def _failed(why: str) -> int:
    """Say why, also where Kubernetes looks for it."""
    print(f"mlplatform_serving: {why}", file=sys.stderr, flush=True)
    with contextlib.suppress(OSError):
        TERMINATION.write_text(why[:1000])
    return 1
