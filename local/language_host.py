"""A Python language host over the SDK's own server, so that plain `pulumi` runs where Pulumi's can't be downloaded.

The engine starts it as `pulumi-language-python <engine address>`, reads a port from its first line and calls
`pulumi.runtime.proto.language_pb2_grpc.LanguageRuntime`. The SDK already has that service for the Automation API; what
it lacks for a program on disk is here.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
import pulumi
from google.protobuf import empty_pb2
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from local.analyzer import run_pack

POLL_SECONDS = 1.0
# The program and each policy pack hold one as long as they run.
WORKERS = 32
UNLIMITED_MESSAGES = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def run_program(entry: Path) -> None:
    """Run a Python file, or a folder's `__main__.py`, as a Pulumi program.

    Raises:
        pulumi.RunError: The program failed; the text is what a user should read.
        grpc.RpcError: The engine's monitor refused something or is gone; the SDK's server tells the two apart.
    """
    folder = entry if entry.is_dir() else entry.parent
    # Callbacks run after the program's last line and may still import its neighbours.
    sys.path.insert(0, str(folder))
    if entry.is_dir() and not (entry / "__main__.py").is_file():
        raise pulumi.RunError(f"there is no __main__.py in {entry}")
    try:
        runpy.run_path(str(entry), run_name="__main__")
    except (pulumi.RunError, grpc.RpcError):
        raise
    except SystemExit as stop:
        if stop.code not in (None, 0):
            raise pulumi.RunError(f"the program ended itself: {stop.code}") from None
    except Exception as error:
        raise pulumi.RunError(f"the program failed:\n{user_traceback(error, folder)}") from error


def user_traceback(error: BaseException, folder: Path) -> str:
    """The traceback from the program's first own frame on: how it was started is of no use to its author."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next((i for i, frame in enumerate(frames) if Path(frame.filename).is_relative_to(folder)), 0)
    lines = traceback.format_list(frames[first:]) + traceback.format_exception_only(error)
    return "".join(lines).rstrip()


class LanguageHost(LanguageServer):
    """The SDK's server, for one program on disk."""

    def __init__(self, engine_address: str) -> None:
        super().__init__(lambda: None)
        self.engine_address = engine_address
        self.stopping = threading.Event()

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Accept the engine; everything needed comes with each request."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Say which SDK this is."""
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """List what is installed, for `pulumi about`."""
        installed = sorted({(item.name, item.version) for item in metadata.distributions()})
        dependencies = [language_pb2.DependencyInfo(name=name, version=version) for name, version in installed]
        return language_pb2.GetProgramDependenciesResponse(dependencies=dependencies)

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Run the program that the request names, in its folder."""
        folder = Path(request.info.program_directory or request.pwd)
        entry = folder / (request.info.entry_point or ".")
        os.chdir(folder)
        sys.argv = [str(entry), *request.args]
        # The SDK's server expects the engine's address where the engine puts the program's arguments.
        del request.args[:]
        request.args.append(self.engine_address)
        self.program = lambda: run_program(entry)
        result = super().Run(request, context)  # type: ignore[no-untyped-call]  # the SDK's server isn't typed
        # The message is logged already: `bail` stops the engine without saying it once more.
        return language_pb2.RunResponse(bail=True) if result.error else result

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802 - gRPC's name
        """Run a policy pack: the one kind of plugin of this project that the engine starts by its folder."""
        if request.kind != "analyzer":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"this language host runs no plugins of kind {request.kind!r}")
        folder = request.info.program_directory
        yield from run_pack(folder, request.args, request.env, request.pwd, context.add_callback)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Stop: a program that waits for something can't be asked politely."""
        self.stopping.set()
        return empty_pb2.Empty()


def serve(engine_address: str) -> None:
    """Serve until told to stop, or until the engine is gone (a killed one tells nobody)."""
    parent = os.getppid()
    # Ctrl-C reaches the whole terminal; the engine alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = grpc.server(ThreadPoolExecutor(max_workers=WORKERS), options=UNLIMITED_MESSAGES)
    host = LanguageHost(engine_address)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while not host.stopping.wait(POLL_SECONDS) and os.getppid() == parent:
        pass
    server.stop(POLL_SECONDS).wait()
    sys.stdout.flush()
    # Threads of a cancelled program would keep the process alive.
    os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1] if len(sys.argv) > 1 else "")
