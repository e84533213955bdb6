"""The project's own Kubernetes provider, except that it kills the engine at one call.

Everything runs as it always does; an interceptor in the gRPC server counts the calls that change something and ends
the engine (the parent process) with SIGKILL when the chosen one arrives (`before`: the object doesn't exist) or when it
has been served and its answer isn't sent yet (`after`: the object exists, the engine doesn't know).

Run as a plugin by `write_plugin`. Environment: MLP_TEST_KILL_AT (number of the call, from 1; 0 kills never),
MLP_TEST_KILL_WHEN (before or after), MLP_TEST_CALLS (file to which every counted call is written, a line each),
MLP_TEST_SPARED (file of URNs, a line each, whose calls aren't counted).
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

COUNTED = ("Create", "Update", "Delete")


def write_plugin(folder: Path, checkout: Path, python: Path) -> None:
    """Write `pulumi-resource-kubernetes` into a folder that goes first on PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    plugin = folder / "pulumi-resource-kubernetes"
    # exec: the provider's parent must be the engine itself, which is the one to be killed.
    plugin.write_text(
        f'#!/bin/sh\nexport PYTHONPATH="{checkout}"\nexec "{python}" -u -m tests.doubles.killing_provider "$@"\n'
    )
    plugin.chmod(0o755)


class Killer(grpc.ServerInterceptor):  # type: ignore[misc]  # grpc ships no types
    """Counts the calls that change something and kills the engine at one of them."""

    def __init__(self, at: int, when: str, calls: Path, spared: frozenset[str] = frozenset()) -> None:
        self.at, self.when, self.calls, self.spared = at, when, calls, spared
        self._lock = threading.Lock()
        self._count = 0

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        handler = continuation(details)
        method = details.method.rsplit("/", 1)[-1]
        if method not in COUNTED or handler is None:
            return handler
        serve = handler.unary_unary

        def counted(request: Any, context: grpc.ServicerContext) -> Any:
            if getattr(request, "preview", False) or request.urn in self.spared:
                return serve(request, context)
            number = self._note(method, request.urn)
            if number == self.at and self.when == "before":
                kill_engine()
                context.abort(grpc.StatusCode.ABORTED, "the engine was killed before this call")
            answer = serve(request, context)
            if number == self.at and self.when == "after":
                kill_engine()
            return answer

        return grpc.unary_unary_rpc_method_handler(counted, handler.request_deserializer, handler.response_serializer)

    def _note(self, method: str, urn: str) -> int:
        with self._lock:
            self._count += 1
            with self.calls.open("a") as file:
                file.write(f"{method} {urn} {os.getpid()}\n")
            return self._count


def kill_engine() -> None:
    """SIGKILL to the parent, which must be Pulumi's engine and nothing else."""
    engine = os.getppid()
    name = Path(f"/proc/{engine}/comm").read_text().strip()
    if not name.startswith("pulumi"):
        raise RuntimeError(f"the parent {engine} is {name!r}, not Pulumi's engine: not killed")
    os.kill(engine, signal.SIGKILL)


def main() -> None:
    """Serve local.provider with the killer in its server."""
    spared = os.environ.get("MLP_TEST_SPARED")
    killer = Killer(
        int(os.environ.get("MLP_TEST_KILL_AT", "0")),
        os.environ.get("MLP_TEST_KILL_WHEN", "before"),
        Path(os.environ["MLP_TEST_CALLS"]),
        frozenset(Path(spared).read_text().split() if spared else ()),
    )
    serve = grpc.server

    def intercepted(*args: Any, **kwargs: Any) -> grpc.Server:
        return serve(*args, **{**kwargs, "interceptors": (killer, *(kwargs.get("interceptors") or ()))})

    grpc.server = intercepted
    sys.argv[0] = "pulumi-resource-kubernetes"
    runpy.run_module("local.provider", run_name="__main__", alter_sys=False)


if __name__ == "__main__":
    main()
