from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from images.serving.mlplatform_serving import model
from images.serving.mlplatform_serving.app import App
from images.serving.mlplatform_serving.model import Model, Package
from images.serving.mlplatform_serving.prediction_log import Entry, PredictionLog
from images.serving.mlplatform_serving.predictions import Predictions
from images.serving.mlplatform_serving.settings import Settings

LOADER = '''
import time
import pandas

class Doubling:
    """x doubled, times `by`; some inputs make it a bad model."""

    def predict(self, frame, params=None):
        if (frame["x"] == 666).any():
            raise KeyError("column y")
        scores = frame["x"] * 2 * (params or {}).get("by", 1)
        if (frame["x"] == 13).any():
            scores[frame["x"] == 13] = float("nan")
        if (frame["x"] == 7777).any():
            return scores[:-1]
        return pandas.DataFrame({"score": scores})

def _load_pyfunc(path):
    assert open(path).read() == "weights"
    return Doubling()
'''
SIGNATURE = {
    "inputs": json.dumps([{"type": "double", "name": "x", "required": True}]),
    "outputs": json.dumps([{"type": "double", "name": "score", "required": True}]),
    "params": json.dumps([{"name": "by", "type": "double", "default": 1.0, "shape": None}]),
}


def packed(folder: Path, loader: str = LOADER, **more: Any) -> Path:
    """A model as MLflow writes it and the packer packs it."""
    (folder / "model" / "code").mkdir(parents=True)
    name = f"loader_{abs(hash(str(folder)))}"
    (folder / "model" / "code" / f"{name}.py").write_text(loader)
    (folder / "model" / "data.txt").write_text("weights")
    flavor = {"loader_module": name, "code": "code", "data": "data.txt"}
    noted = {"flavors": {"python_function": flavor}, "signature": SIGNATURE, **more}
    (folder / "model" / "MLmodel").write_text(json.dumps(noted))
    (folder / "model" / "serving_input_example.json").write_text(json.dumps({"inputs": {"x": [1.5, 2.5]}}))
    (folder / "package.json").write_text(
        json.dumps({"model": "doubling", "version": "7", "run": "r", "kind": "mlflow"})
    )
    return folder


@pytest.fixture
def loaded(tmp_path: Path) -> Model:
    return model.load(packed(tmp_path / "packed") / "model")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Pieces = Sequence[bytes | float]


async def ask(
    app: Callable[..., Awaitable[None]],
    path: str,
    body: Any = None,
    *,
    method: str = "",
    headers: dict[str, str] | None = None,
    pieces: Pieces | None = None,
) -> Answer:
    """A request to an ASGI application in this process. `pieces`: parts of a body, and pauses in seconds."""
    if pieces is None:
        pieces = [body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""]
        headers = {"Content-Length": str(len(pieces[0])), **(headers or {})}  # type: ignore[arg-type]
    waiting = list(pieces)
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        while waiting and isinstance(waiting[0], float):
            await asyncio.sleep(waiting.pop(0))  # type: ignore[arg-type]
        if not waiting:
            return {"type": "http.disconnect"}
        piece = waiting.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "method": method or ("GET" if body is None and len(pieces) == 1 else "POST"),
        "path": path,
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    await app(scope, receive, send)
    if not told:
        return Answer(0, {}, b"")
    names = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return Answer(told[0]["status"], names, b"".join(message.get("body", b"") for message in told[1:]))


class Serving:
    """An application with the doubling model, and what it logged."""

    def __init__(self, loaded: Model, **settings: Any) -> None:
        self.entries: list[Entry] = []
        self.app = App(Settings(service="doubling", **settings))
        log = PredictionLog(lambda batch: None, self.app.metrics.logged.add, self.app.metrics.dropped.add)
        log.put = self.put  # type: ignore[method-assign]
        self.predictions = Predictions(loaded, Package("doubling", "7", "r", "mlflow"), self.app.metrics, log)
        self.app.answering, self.app.ready = self.predictions, True

    def put(self, entry: Entry) -> bool:
        self.entries.append(entry)
        return True

    def ask(self, path: str, body: Any = None, **more: Any) -> Answer:
        return asyncio.run(ask(self.app, path, body, **more))


@pytest.fixture
def serving(loaded: Model) -> Serving:
    return Serving(loaded)
