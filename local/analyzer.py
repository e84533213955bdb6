"""Runs a policy pack for the language host: a process of its own, whose output becomes the engine's."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from pulumi.runtime.proto import language_pb2

BLOCK = 65536


def run_pack(
    folder: str,
    arguments: Sequence[str],
    environment: Sequence[str],
    cwd: str,
    on_end: Callable[[Callable[[], None]], Any],
) -> Iterator[Any]:
    """Start the pack in `folder` and yield what it prints, then its exit code, as the engine's messages.

    Args:
        folder: The pack's folder, which has its `PulumiPolicy.yaml` and `__main__.py`.
        arguments: What the engine wants the pack to be given: its address, last.
        environment: `NAME=value` each; the whole environment of the process.
        cwd: The folder that the pack runs in.
        on_end: Takes what to call when nobody listens any more; it stops the pack.
    """
    pack = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", *arguments, folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(entry.split("=", 1) for entry in environment if "=" in entry),
        cwd=cwd or folder,
    )
    on_end(pack.terminate)
    said = queue.SimpleQueue[Any]()
    streams = {"stdout": pack.stdout, "stderr": pack.stderr}
    for name, stream in streams.items():
        threading.Thread(target=_forward, args=(name, stream, said), daemon=True).start()
    open_streams = len(streams)
    while open_streams:
        if (message := said.get()) is None:
            open_streams -= 1
        else:
            yield message
    yield language_pb2.RunPluginResponse(exitcode=pack.wait())


def _forward(name: str, stream: IO[bytes], said: queue.SimpleQueue[Any]) -> None:
    # read1 returns what is there: the engine waits for the port in the pack's first line.
    while block := stream.read1(BLOCK):  # type: ignore[attr-defined]  # a pipe's reader is buffered
        said.put(language_pb2.RunPluginResponse(**{name: block}))
    said.put(None)
