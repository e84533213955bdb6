from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing here may touch this machine's platform."""
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MLP_CACHE", str(tmp_path / "cache"))
    for name in ("MLP_KUBE_CONTEXT", "MLP_REGISTRY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
