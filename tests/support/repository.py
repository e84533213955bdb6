"""Teams' git repositories as a person reaches them: `git` through the ingress."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.refused import Refused

# Credentials come from the environment: arguments can be read by everybody on the machine.
HELPER = '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$TEAM_USER" "$TEAM_PASSWORD"; }; f'
REFUSALS = ("Authentication failed", "403", "404", "not found", "declined", "rejected", "could not read Username")


@dataclass(frozen=True)
class Repositories:
    """All repositories of the platform, for one user.

    Args:
        address: For example http://git.localhost:8080; that host is looked for on this machine.
    """

    address: str
    user: str
    password: str = field(repr=False)

    def git(self, *arguments: str, folder: Path | None = None) -> str:
        """Run git.

        Raises:
            Refused: The server said no.
        """
        parts = urlsplit(self.address)
        settings = {
            "http.curloptResolve": f"{parts.hostname}:{parts.port}:127.0.0.1",
            "credential.helper": HELPER,
            "user.name": "a test",
            "user.email": "test@localhost",
        }
        clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        given = {f"GIT_CONFIG_KEY_{index}": key for index, key in enumerate(settings)}
        given |= {f"GIT_CONFIG_VALUE_{index}": value for index, value in enumerate(settings.values())}
        environment = {
            **clean,
            **given,
            "GIT_CONFIG_COUNT": str(len(settings)),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "TEAM_USER": self.user,
            "TEAM_PASSWORD": self.password,
        }
        ran = subprocess.run(
            ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=100
        )
        if ran.returncode == 0:
            return ran.stdout
        if any(refusal in ran.stderr for refusal in REFUSALS):
            raise Refused("git", ran.stderr.strip())
        raise AssertionError(f"git {' '.join(arguments)} exited {ran.returncode}: {ran.stderr}")

    def url(self, repository: str) -> str:
        """The address of one."""
        return f"{self.address}/{repository}.git"

    def head(self, repository: str) -> str:
        """The newest commit of `main`."""
        return self.git("ls-remote", self.url(repository), "refs/heads/main").split()[0]

    def push(self, repository: str, folder: Path, files: dict[str, str], content_of: str = "") -> str:
        """Clone into a folder, commit files (by path) and push; the commit.

        Args:
            content_of: Repository whose content is cloned, if not the one pushed to.
        """
        self.git("clone", "-q", self.url(content_of or repository), str(folder))
        for path, text in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "-A", folder=folder)
        self.git("commit", "-q", "-m", "Of a test", folder=folder)
        self.git("push", "-q", self.url(repository), "HEAD:main", folder=folder)
        return self.git("rev-parse", "HEAD", folder=folder).strip()
