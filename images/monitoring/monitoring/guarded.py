"""Prometheus and Alertmanager behind a password: the hash that they want is made here, and is nowhere else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from .errors import MonitoringError

ROUNDS = 6
"""Few: the password is 256 random bits, which nobody guesses, and each client shows it all the time."""
ALERTMANAGER_CONFIG = "alertmanager.yml"


def credentials(folder: Path) -> tuple[str, str]:
    """User and password as they lie in a Secret that is mounted.

    Raises:
        MonitoringError: They aren't there, or are empty.
    """
    try:
        user, password = ((folder / name).read_text().strip() for name in ("username", "password"))
    except OSError as error:
        raise MonitoringError(f"no user and password in {folder} (CREDENTIALS): {error.strerror}") from None
    if not (user and password):
        raise MonitoringError(f"user or password in {folder} (CREDENTIALS) is empty")
    return user, password


def web_config(user: str, password: str) -> str:
    """What `--web.config.file` takes. JSON is YAML."""
    import bcrypt

    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(ROUNDS)).decode()
    return json.dumps({"basic_auth_users": {user: hashed}})


def write_web_config(env: Mapping[str, str]) -> Path:
    """Write it where only this pod reads it."""
    path = Path(env.get("WEB_CONFIG", "/tmp/web.yml"))  # noqa: S108 - an emptyDir of the pod alone
    text = web_config(*credentials(Path(env.get("CREDENTIALS", "/run/secrets/web"))))
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def prometheus(arguments: list[str], env: Mapping[str, str]) -> list[str]:
    """The command that this process becomes."""
    return ["prometheus", f"--web.config.file={write_web_config(env)}", *arguments]


def alertmanager(arguments: list[str], env: Mapping[str, str]) -> list[str]:
    """The same; without routes of an earlier start it begins with those that tell nobody."""
    from .routes import rendered

    config = Path(env.get("ROUTES", "/data")) / ALERTMANAGER_CONFIG
    if not config.exists():
        config.write_text(rendered(env.get("PLATFORM_WEBHOOK", ""), {}))
    return [
        "prometheus-alertmanager",
        f"--config.file={config}",
        f"--web.config.file={write_web_config(env)}",
        *arguments,
    ]


COMMANDS: dict[str, Callable[[list[str], Mapping[str, str]], list[str]]] = {
    "prometheus": prometheus,
    "alertmanager": alertmanager,
}


def become(name: str, arguments: list[str]) -> None:
    """Replace this process by the program.

    Raises:
        MonitoringError: It can't start.
    """
    os.umask(0o077)
    command = COMMANDS[name](arguments, os.environ)
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        raise MonitoringError(f"{command[0]} can't be started: {error.strerror}") from None
