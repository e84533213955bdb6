"""The packed model as a service of BentoML: what was packed is a Bento, which `bentoml serve /opt/model` serves too.

In a pod `mlplatform_serving` itself serves the same application, without BentoML's server around it.
"""

from __future__ import annotations

import contextlib
import os

import bentoml

from . import settings
from .app import App
from .model import Package
from .server import predictions

_app = App(settings.read(os.environ))


@bentoml.service(name="packed-model")
@bentoml.asgi_app(_app, path="/")
class PackedModel:
    """Answers what `App` answers."""

    def __init__(self) -> None:
        package = Package.read(_app.settings.packed)
        _app.metrics.common["service_version"] = package.version
        _app.answering = predictions(_app, package, contextlib.AsyncExitStack())
        _app.ready = True
