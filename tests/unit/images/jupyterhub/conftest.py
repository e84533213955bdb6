"""Two teams and three people, as the API server gives their objects."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from images.jupyterhub.mlplatform_hub.directory import Directory, passwords, teams

PROFILE = {"name": "small", "title": "Small", "image": "r/mlplatform/notebook-small@sha256:0"}
SIZE = {"cpu": "100m", "memory": "1Gi"}


def notebook_team(name: str, people: list[str]) -> dict[str, Any]:
    """A NotebookTeam."""
    given = {
        "people": people,
        "profiles": [{**PROFILE, **SIZE}, {**PROFILE, **SIZE, "name": "gpu", "gpu": 1, "nodeSelector": {"a": "b"}}],
        "home": "1Gi",
        "storageClass": "standard",
        "sharedClaim": "team-shared",
        "serviceAccount": "notebook",
        "environment": [{"name": "A", "value": "b"}],
        "secrets": ["worker-keys"],
        "optionalSecrets": ["feature-keys"],
        "files": [{"folder": "/etc/feast", "configMap": "feature-store"}],
    }
    return {"metadata": {"namespace": f"team-{name}", "name": f"team-{name}", "uid": f"uid-{name}"}, "spec": given}


def secret(**people: str) -> dict[str, Any]:
    """The Secret of people."""
    return {"data": {name: base64.b64encode(password.encode()).decode() for name, password in people.items()}}


@pytest.fixture
def directory() -> Directory:
    found, wrong = teams([notebook_team("search", ["ada", "alan"]), notebook_team("recsys", ["grace", "alan"])])
    assert wrong == []
    return Directory(passwords(secret(ada="pw-ada", alan="pw-alan", grace="pw-grace")), found)
