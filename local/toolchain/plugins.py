"""What the engine needs and Pulumi's servers would bring: the Python language host and the Kubernetes provider.

Where the official ones are, they are used. Else small executables run ours from this checkout's environment. They lie
where the engine looks for official ones (beside it, and in a plugin cache under a PULUMI_HOME of its own),
because it warns at every run of a plugin that it merely found on PATH.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from local import paths
from local.tasks import Report
from local.toolchain.engine import Engine

INSTALL_SECONDS = 60.0
LANGUAGE_HOST = "pulumi-language-python"
PROVIDER = "pulumi-resource-kubernetes"
# The environment may be entered from any folder, which may have a `local` of its own: -P keeps it off sys.path.
_MODULES = {LANGUAGE_HOST: "local.language_host", PROVIDER: "local.provider"}


@dataclass(frozen=True)
class Plugins:
    """Where the plugins are.

    Attributes:
        folder: Goes first on PATH; holds `pulumi` too where the engine brings no language host.
        pulumi_home: The PULUMI_HOME that makes the engine take our provider; None where it has the official one.
    """

    folder: Path
    pulumi_home: Path | None


def provider_version() -> str:
    """The version of the SDK, hence of the provider that programs ask for."""
    return metadata.version("pulumi-kubernetes")


def official_provider() -> Path | None:
    """The official Kubernetes provider in the user's own plugin cache."""
    users = Path.home() / ".pulumi"
    home = Path(os.environ.get("PULUMI_HOME") or users)
    if home.is_relative_to(paths.cache()):
        home = users  # Inside our own environment already.
    found = home / "plugins" / f"resource-kubernetes-v{provider_version()}" / PROVIDER
    return found if found.exists() else None


def scripts(engine: Engine, own_provider: bool) -> dict[str, str]:
    """The executables to write: path in the plugins' folder -> content."""
    names = {} if engine.brings(LANGUAGE_HOST) else {f"bin/{LANGUAGE_HOST}": LANGUAGE_HOST}
    if own_provider:
        names[f"home/plugins/resource-kubernetes-v{provider_version()}/{PROVIDER}"] = PROVIDER
    python = shlex.quote(sys.executable)
    return {where: f'#!/bin/sh\nexec {python} -u -P -m {_MODULES[name]} "$@"\n' for where, name in names.items()}


def locate(engine: Engine) -> Plugins | None:
    """The plugins' folder if it is complete."""
    wanted = scripts(engine, own_provider=official_provider() is None)
    folder = _folder(engine, wanted)
    return _plugins(folder, wanted) if folder.exists() else None


def ensure(engine: Engine, report: Report) -> Plugins:
    """Write what is missing beside the engine."""
    if (there := locate(engine)) is not None:
        report.cached()
        return there
    own_provider = official_provider() is None and not _install_official_provider(engine, report)
    wanted = scripts(engine, own_provider)
    folder = _folder(engine, wanted)
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".plugins-"))
    work.chmod(0o755)
    _write(work, engine, wanted)
    _prune(folder.parent)
    work.rename(folder)
    names = sorted(Path(where).name for where in wanted)
    report.say(f"from this project: {', '.join(names)}" if names else "all plugins are the official ones")
    return _plugins(folder, wanted)


def _plugins(folder: Path, wanted: dict[str, str]) -> Plugins:
    own_home = any(where.startswith("home/") for where in wanted)
    return Plugins(folder / "bin", folder / "home" if own_home else None)


def _folder(engine: Engine, wanted: dict[str, str]) -> Path:
    text = repr((str(engine.path), sys.executable, sorted(wanted.items())))
    return paths.cache() / f"plugins-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _write(folder: Path, engine: Engine, wanted: dict[str, str]) -> None:
    (folder / "bin").mkdir()
    # Who made it, so that what belongs to a checkout that is gone can be removed.
    (folder / "python").write_text(sys.executable)
    for where, content in wanted.items():
        file = folder / where
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(0o755)
    if f"bin/{LANGUAGE_HOST}" in wanted:
        # The engine follows links to find what lies beside it, so only a real file will do.
        try:
            os.link(engine.path.resolve(), folder / "bin" / "pulumi")
        except OSError:
            shutil.copy2(engine.path, folder / "bin" / "pulumi")
    else:
        (folder / "bin" / "pulumi").symlink_to(engine.path)
    (folder / "bin" / "kubectl").symlink_to(paths.cache() / "boot" / "bin" / "kubectl")


def _prune(cache: Path) -> None:
    """Remove what this checkout wrote before and what checkouts that are gone left behind."""
    for folder in cache.glob("plugins-*"):
        made_by = folder / "python"
        python = Path(made_by.read_text()) if made_by.exists() else Path(sys.executable)
        if python == Path(sys.executable) or not python.exists():
            shutil.rmtree(folder, ignore_errors=True)


def _install_official_provider(engine: Engine, report: Report) -> bool:
    """Let the engine fetch the official provider: no use where the engine itself couldn't be downloaded."""
    if engine.source == "built from Go modules":
        return False
    command = [str(engine.path), "plugin", "install", "resource", "kubernetes", provider_version()]
    report.say(f"installing the official Kubernetes provider {provider_version()}")
    try:
        done = subprocess.run(command, capture_output=True, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and official_provider() is not None
