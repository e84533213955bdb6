from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from images.monitoring.monitoring import __main__ as program
from images.monitoring.monitoring import guarded
from images.monitoring.monitoring.errors import MonitoringError


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A Secret as it is mounted; bcrypt is in the image alone."""
    double = SimpleNamespace(gensalt=lambda rounds: b"salt", hashpw=lambda password, salt: salt + b":" + password[::-1])
    monkeypatch.setitem(sys.modules, "bcrypt", double)
    (tmp_path / "username").write_text("admin\n")
    (tmp_path / "password").write_text("secret")
    return {"CREDENTIALS": str(tmp_path), "WEB_CONFIG": str(tmp_path / "web.yml"), "ROUTES": str(tmp_path)}


def test_the_program_gets_the_hash_in_a_file_and_its_own_arguments(env: dict[str, str]) -> None:
    command = guarded.prometheus(["--x"], env)
    assert command == ["prometheus", f"--web.config.file={env['WEB_CONFIG']}", "--x"]
    path = Path(env["WEB_CONFIG"])
    assert json.loads(path.read_text()) == {"basic_auth_users": {"admin": "salt:terces"}}
    assert path.stat().st_mode & 0o077 == 0


def test_alertmanager_begins_with_the_routes_of_before_or_with_the_platforms(env: dict[str, str]) -> None:
    config = Path(env["ROUTES"]) / "alertmanager.yml"
    guarded.alertmanager([], {**env, "PLATFORM_WEBHOOK": "http://a.example/"})
    assert "http://a.example/" in config.read_text()
    config.write_text("mine")
    guarded.alertmanager([], env)
    assert config.read_text() == "mine"


@pytest.mark.parametrize("missing", ["username", "password"])
def test_without_a_password_nothing_starts(env: dict[str, str], missing: str) -> None:
    folder = Path(env["CREDENTIALS"])
    (folder / missing).write_text("")
    with pytest.raises(MonitoringError, match="is empty"):
        guarded.prometheus([], env)
    (folder / missing).unlink()
    with pytest.raises(MonitoringError, match="no user and password"):
        guarded.prometheus([], env)


def test_wrong_use_and_trouble_are_lines_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CREDENTIALS", "/nowhere")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert program.main([]) == program.main(["nothing"]) == 2
    assert "usage: python -m monitoring prometheus | alertmanager" in capsys.readouterr().err
    for what in ("prometheus", "cluster-state", "alert-routes"):
        assert program.main([what]) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"{what}: ") and len(said.splitlines()) == 1
