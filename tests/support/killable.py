"""A stack driven by plain `pulumi`, with an engine that can be killed at a provider call."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import paths
from tests.doubles import killing_provider
from tests.support.processes import hurry, is_alive

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


class Killable:
    """One stack of a program.

    Args:
        name: The stack.
        project: The folder with Pulumi.yaml.
        folder: Where what a test notes is written.
        environment: What `pulumi` needs to run: PATH with engine, language host and provider, backend and passphrase of
            the stack, KUBECONFIG, MLP_HOME whose state the backend is.
    """

    options: tuple[str, ...] = ()
    """More options of `up` and `destroy`."""

    def __init__(self, name: str, project: Path, folder: Path, environment: Mapping[str, str]) -> None:
        self.name, self.project = name, project
        self.calls, self.spared = folder / "calls", folder / "spared"
        self.spared.touch()
        plugins = folder / "plugins"
        killing_provider.write_plugin(plugins, paths.checkout(), paths.checkout() / ".venv" / "bin" / "python")
        self.environment = {
            **environment,
            "PATH": f"{plugins}:{environment['PATH']}",
            "MLP_TEST_CALLS": str(self.calls),
            "MLP_TEST_SPARED": str(self.spared),
        }

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
        return self.pulumi("up", "--yes", "--skip-preview", *self.options, kill=kill, check=check)

    def destroy(self, kill: Kill | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.pulumi("destroy", "--yes", "--skip-preview", *self.options, kill=kill, check=check)

    def killed(self, command: str, kill: Kill) -> None:
        """Run `up` or `destroy` with an engine that gets killed, and wait until what it started has ended too."""
        ran = self.unless_done(command, kill)
        assert ran is None, f"the engine wasn't killed at {kill}: {ran.stdout[-2000:]}"

    def unless_done(
        self, command: str, kill: Kill, spared: Collection[str] = ()
    ) -> subprocess.CompletedProcess[str] | None:
        """As `killed`, but returns the command that ended well where there weren't so many calls to make.

        Calls of the URNs in `spared` don't count.
        """
        self.calls.unlink(missing_ok=True)
        self.spared.write_text("\n".join(spared))
        ran = self.up(kill, check=False) if command == "up" else self.destroy(kill, check=False)
        if ran.returncode == 0:
            return ran
        assert ran.returncode == -9, f"{kill}: {ran.returncode}\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}"
        plugin = int(self.calls.read_text().split()[2])
        hurry(plugin)
        end = time.monotonic() + ORPHAN_SECONDS
        while is_alive(plugin):
            assert time.monotonic() < end, f"the provider still runs {ORPHAN_SECONDS} s after its engine was killed"
            time.sleep(0.05)
        return None

    def called(self) -> list[str]:
        """The URNs of the calls that the provider got in the last killed command, in order."""
        return [line.split()[1] for line in self.calls.read_text().splitlines()] if self.calls.exists() else []

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

    def kubectl(self, *arguments: str) -> str:
        """What kubectl prints."""
        command = ["kubectl", *arguments]
        ran = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=True)
        return ran.stdout

    def kubectl_get(self, *arguments: str) -> list[dict[str, Any]]:
        """The items of `kubectl get`."""
        found: list[dict[str, Any]] = json.loads(
            self.kubectl("get", *arguments, "-o", "json", "--show-managed-fields")
        )["items"]
        return found

    def live(self) -> Counter[Thing]:
        """What the cluster has of this stack."""
        raise NotImplementedError

    def pending(self) -> list[str]:
        """The URNs of operations that the state notes as begun and not ended."""
        return [note["resource"]["urn"] for note in self._deployment().get("pending_operations") or []]

    def state(self) -> Counter[Thing]:
        """What Pulumi's state has of this stack."""
        resources = self._deployment().get("resources") or []
        objects = [item for item in resources if item["type"].startswith("kubernetes:")]
        return Counter(thing(item["outputs"]) for item in objects)

    def _deployment(self) -> dict[str, Any]:
        deployment: dict[str, Any] = json.loads(self.pulumi("stack", "export").stdout)["deployment"]
        return deployment


def thing(item: dict[str, dict[str, str]]) -> Thing:
    """An object, or a resource's outputs."""
    metadata = item["metadata"]
    return Thing(str(item["kind"]), metadata.get("namespace", ""), metadata["name"])


def environment_for(kubeconfig: Path) -> dict[str, str]:
    """What plain `pulumi` needs on this machine, pointed at a cluster."""
    from local import toolchain

    return {**os.environ, **toolchain.environment(), "KUBECONFIG": str(kubeconfig)}
