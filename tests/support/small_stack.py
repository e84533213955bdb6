"""The small stack of tests/doubles, driven by plain `pulumi`, with an engine that can be killed at a provider call."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import paths
from tests.doubles import killing_provider

PROGRAM = paths.checkout() / "tests" / "doubles" / "small_stack"
KINDS = "namespaces,serviceaccounts,configmaps,secrets,roles,rolebindings,clusterroles,deployments"
OBJECTS = 8
"""How many objects the program makes."""

COMMAND_SECONDS = 240
ORPHAN_SECONDS = 20


@dataclass(frozen=True)
class Kill:
    """At which changing call of the provider the engine ends, and on which side of it."""

    at: int
    when: str


@dataclass(frozen=True, order=True)
class Thing:
    """One Kubernetes object, by what makes it unique."""

    kind: str
    namespace: str
    name: str


class SmallStack:
    """One stack of the small program with a folder of its own.

    Args:
        name: Stack, namespace and label.
        folder: Where its project, backend and passphrase live.
        environment: What `pulumi` needs to run: PATH with engine, language host and provider, KUBECONFIG.
        image: What the Deployment runs.
        replicas: Its pods; 0 where there is no kubelet.
    """

    def __init__(self, name: str, folder: Path, environment: dict[str, str], image: str, replicas: int) -> None:
        self.name, self.folder = name, folder
        self.home = folder / "home"
        self.calls = folder / "calls"
        project = folder / "project"
        shutil.copytree(PROGRAM, project)
        self.project = project
        (self.home / "state").mkdir(parents=True)
        passphrase = self.home / "passphrase"
        passphrase.write_text("of a test")
        plugins = folder / "plugins"
        killing_provider.write_plugin(plugins, paths.checkout(), paths.checkout() / ".venv" / "bin" / "python")
        self.environment = {
            **environment,
            "PATH": f"{plugins}:{environment['PATH']}",
            "MLP_HOME": str(self.home),
            # The same backend with the same options, in another folder.
            "PULUMI_BACKEND_URL": environment["PULUMI_BACKEND_URL"].replace(
                str(paths.backend()), str(self.home / "state")
            ),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
            "MLP_TEST_CALLS": str(self.calls),
        }
        self.pulumi("stack", "init", name)
        plain = [part for pair in (f"image={image}", f"replicas={replicas}") for part in ("--plaintext", pair)]
        self.pulumi("config", "set-all", *plain, "--secret", "password=of-the-small-stack")

    def pulumi(self, *arguments: str, kill: Kill | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one command on the stack; with `check`, it must succeed."""
        environment = dict(self.environment)
        if kill is not None:
            environment |= {"MLP_TEST_KILL_AT": str(kill.at), "MLP_TEST_KILL_WHEN": kill.when}
        command = ["pulumi", "--non-interactive", *arguments]
        if arguments[:2] != ("stack", "init"):
            command += ["--stack", self.name]
        ran = subprocess.run(
            command, cwd=self.project, env=environment, capture_output=True, text=True, timeout=COMMAND_SECONDS
        )
        if check and ran.returncode:
            raise AssertionError(
                f"{' '.join(command)} exited {ran.returncode}\n{ran.stdout[-3000:]}{ran.stderr[-2000:]}"
            )
        return ran

    def up(self, kill: Kill | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.pulumi("up", "--yes", "--skip-preview", kill=kill, check=check)

    def destroy(self, kill: Kill | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.pulumi("destroy", "--yes", "--skip-preview", kill=kill, check=check)

    def killed(self, command: str, kill: Kill) -> None:
        """Run `up` or `destroy` with an engine that gets killed, and wait until what it started has ended too."""
        self.calls.unlink(missing_ok=True)
        ran = self.up(kill, check=False) if command == "up" else self.destroy(kill, check=False)
        assert ran.returncode == -9, f"the engine wasn't killed at {kill}: {ran.returncode}\n{ran.stdout[-2000:]}"
        plugin = int(self.calls.read_text().split()[2])
        end = time.monotonic() + ORPHAN_SECONDS
        while is_alive(plugin):
            assert time.monotonic() < end, f"the provider still runs {ORPHAN_SECONDS} s after its engine was killed"
            time.sleep(0.05)

    def settle(self) -> None:
        """What `mlp up` and `mlp down` do first: the dead engine's lock and half-done creates are put in order."""
        code = "import sys, pathlib, mlp.engine; mlp.engine.Stack(sys.argv[1], pathlib.Path.cwd()).settle()"
        python = paths.checkout() / ".venv" / "bin" / "python"
        ran = subprocess.run(
            [python, "-c", code, self.name],
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        assert ran.returncode == 0, f"{self.name} can't be settled\n{ran.stdout[-3000:]}{ran.stderr[-3000:]}"

    def live(self) -> Counter[Thing]:
        """What the cluster has of this stack."""
        ran = subprocess.run(
            ["kubectl", "get", KINDS, "-A", "-l", f"app.kubernetes.io/part-of={self.name}", "-o", "json"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return Counter(_thing(item) for item in json.loads(ran.stdout)["items"])

    def pending(self) -> list[str]:
        """The URNs of operations that the state notes as begun and not ended."""
        return [note["resource"]["urn"] for note in self._deployment().get("pending_operations") or []]

    def state(self) -> Counter[Thing]:
        """What Pulumi's state has of this stack."""
        resources = self._deployment().get("resources") or []
        objects = [item for item in resources if item["type"].startswith("kubernetes:")]
        return Counter(_thing(item["outputs"]) for item in objects)

    def _deployment(self) -> dict[str, Any]:
        deployment: dict[str, Any] = json.loads(self.pulumi("stack", "export").stdout)["deployment"]
        return deployment


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody has taken notice of doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _thing(item: dict[str, dict[str, str]]) -> Thing:
    metadata = item["metadata"]
    return Thing(str(item["kind"]), metadata.get("namespace", ""), metadata["name"])


def environment_for(kubeconfig: Path) -> dict[str, str]:
    """What plain `pulumi` needs on this machine, pointed at a cluster."""
    from local import toolchain

    return {**os.environ, **toolchain.environment(), "KUBECONFIG": str(kubeconfig)}
