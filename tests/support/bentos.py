"""A team's own Bento, as `bentoml export` writes one: BentoML itself isn't in the tests' environment."""

from __future__ import annotations

import io
import json
import tarfile

SERVICE = '''"""Says hello."""
import bentoml


@bentoml.service
class Greeter:
    @bentoml.api
    def greet(self, name: str) -> str:
        return f"hello {name}"
'''
DESCRIBED = {
    "service": "service:Greeter",
    "name": "greeter",
    "version": "1",
    "bentoml_version": "1.4.40",
    "creation_time": "2026-01-01T00:00:00+00:00",
    "labels": {},
    "entry_service": "Greeter",
    "services": [{"name": "Greeter", "service": "service:Greeter"}],
    "models": [],
    "schema": {},
    "spec": 2,
}


def archive() -> bytes:
    """The Bento: POST /greet {"name": "x"} answers "hello x"."""
    # JSON is YAML.
    files = {"bento.yaml": json.dumps(DESCRIBED), "src/service.py": SERVICE}
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()
