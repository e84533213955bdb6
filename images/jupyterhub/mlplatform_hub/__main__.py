"""`python -m mlplatform_hub hub`, or `proxy`: the two processes of the pod."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .settings import PROXY_API_PORT, PUBLIC_PORT, ROUTES, Settings

USAGE = "usage: mlplatform_hub hub|proxy"
HEALTH_PORT = 8098


def proxy_arguments(trusted: str) -> list[str]:
    """Traefik's command line: no secret is in it."""
    people = "--entryPoints.http"
    return [
        "traefik",
        "--global.checkNewVersion=false",
        "--global.sendAnonymousUsage=false",
        "--log.level=WARN",
        f"{people}.address=:{PUBLIC_PORT}",
        # Uploads and kernels' websockets last as long as they last.
        f"{people}.transport.respondingTimeouts.readTimeout=0s",
        *([f"{people}.forwardedHeaders.trustedIPs={trusted}"] if trusted else []),
        f"--entryPoints.auth_api.address=127.0.0.1:{PROXY_API_PORT}",
        f"--entryPoints.health.address=:{HEALTH_PORT}",
        "--ping=true",
        "--ping.entryPoint=health",
        "--api=true",
        "--api.dashboard=false",
        f"--providers.file.filename={ROUTES}",
        "--providers.file.watch=true",
        "--providers.providersThrottleDuration=0s",
    ]


def main(arguments: Sequence[str]) -> int:
    """Become one of the two."""
    if list(arguments) == ["proxy"]:
        # Traefik wants the file to be there; the hub fills it.
        Path(ROUTES).touch()
        os.execvp("traefik", proxy_arguments(os.environ.get("TRUSTED", "")))  # noqa: S606 - no shell is wanted
    if list(arguments) != ["hub"]:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        settings = Settings.read(os.environ)
    except (KeyError, ValueError) as error:
        print(f"the environment isn't whole: {error}", file=sys.stderr)
        return 2
    os.environ.pop("COOKIE_KEY", None)
    os.environ.pop("PROXY_KEY", None)
    from .lean import lighten

    lighten()
    from traitlets.config import Config

    from .app import Hub
    from .configuration import configure

    loaded = Config()
    configure(loaded, settings)
    Hub.settings_of_ours = settings
    Hub.instance(config=loaded)
    Hub.launch_instance(argv=[])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
