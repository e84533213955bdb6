"""The floor: the packed model behind plain uvicorn. No check of inputs or outputs, no log, no metrics, no batching.

Inside the serving image: `python floor_app.py`, with the environment of a model pod.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def application(folder: Path) -> Any:
    """An ASGI application that answers POST /predict, and GET for probes."""
    import numpy
    import pandas
    from mlplatform_serving.model import load

    model = load(folder / "model")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] == "GET":
            answer = b"{}"
        else:
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
            asked = json.loads(body)
            histories = [numpy.array(row["history"], dtype="int64") for row in asked["inputs"]]
            frame = pandas.DataFrame({"history": histories})
            found = model.function(frame, params=asked.get("params") or {})
            answer = json.dumps({"outputs": found.to_dict("records")}).encode()
        head = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": answer})

    return app


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(
        application(Path(os.environ.get("MODEL_FOLDER", "/opt/model"))),
        host="0.0.0.0",
        port=int(os.environ.get("MODEL_PORT", "3000")),
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=120,
    )
