"""The language host: what a program's end looks like, and plain `pulumi` on the real engine."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pulumi
import pytest

from local import toolchain
from local.language_host import run_program, user_traceback
from local.problem import Problem
from local.tasks import Report
from local.toolchain import plugins
from tests.support import real_engine

PROGRAM = """\
import asyncio, os, sys, time
import pulumi

config = pulumi.Config()
print("a line of the program")
pulumi.export("folder", os.getcwd())
pulumi.export("organization", pulumi.get_organization())
pulumi.export("project", pulumi.get_project())
pulumi.export("stack", pulumi.get_stack())
pulumi.export("dry", pulumi.runtime.is_dry_run())
pulumi.export("word", config.get("word"))
pulumi.export("list", config.get_object("list"))
pulumi.export("hidden", config.get_secret("hidden"))

match config.get("end"):
    case "spec":
        raise pulumi.RunError("stacks/x.yaml: size: 0 is too small\\n  fix: at least 1")
    case "bug":
        from beside import divide
        divide()
    case "exit":
        sys.exit(3)
    case "exit-well":
        sys.exit()
    case "in-apply":
        pulumi.export("late", pulumi.Output.from_input(1).apply(lambda one: one / 0))
    case "resource":
        pulumi.ComponentResource("t:a:B", "part")
    case "hang":
        print("hanging", flush=True)
        time.sleep(600)
"""

PACK = """\
from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy

def check(args, report):
    if any(resource.resource_type == "t:a:B" for resource in args.resources):
        report("no B here")

policy = StackValidationPolicy(name="no-b", description="B is not allowed", validate=check)
PolicyPack(name="pack", enforcement_level=EnforcementLevel.MANDATORY, policies=[policy])
"""


def test_a_folder_without_a_program(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError, match=r"no __main__\.py"):
        run_program(tmp_path)


@pytest.mark.parametrize(("code", "message"), [("sys.exit(4)", "4"), ("sys.exit('no')", "no")])
def test_a_program_that_ends_itself(code: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(f"import sys\n{code}\n")
    with pytest.raises(pulumi.RunError, match=f"ended itself: {message}"):
        run_program(tmp_path)


@pytest.mark.parametrize("code", ["sys.exit()", "sys.exit(0)", "pass"])
def test_a_program_that_ends_well(code: str, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(f"import sys\n{code}\n")
    run_program(tmp_path)


def test_a_traceback_starts_in_the_program(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text("def f():\n    return 1 / 0\n\n\nf()\n")
    with pytest.raises(pulumi.RunError) as caught:
        run_program(tmp_path)
    lines = str(caught.value).splitlines()
    assert lines[1].startswith(f'  File "{tmp_path}/__main__.py", line 5')
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert "runpy" not in str(caught.value)


def test_an_error_from_outside_the_program_keeps_its_whole_traceback(tmp_path: Path) -> None:
    try:
        json.loads("{")
    except ValueError as error:
        assert "json" in user_traceback(error, tmp_path)


class Project:
    """A project on disk and plain `pulumi` in it, with an environment as `mlp env` gives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "stacks").mkdir()
        (folder / "Pulumi.yaml").write_text("name: tried\nruntime: python\nmain: stacks/\nstackConfigDir: stacks/\n")
        (folder / "stacks" / "__main__.py").write_text(PROGRAM)
        (folder / "stacks" / "beside.py").write_text("def divide():\n    return 1 / 0\n")
        state = folder.parent / "state"
        state.mkdir()
        (folder.parent / "passphrase").write_text("test")
        self.environment = {
            **os.environ,
            **toolchain.environment(),
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder.parent / "passphrase"),
        }
        self("stack", "init", "dev")

    def __call__(self, *arguments: str, expect: int = 0) -> str:
        """What a command prints."""
        command = ["pulumi", "--non-interactive", "--color=never", *arguments]
        pulumi_path = shutil.which("pulumi", path=self.environment["PATH"])
        done = subprocess.run(
            command,
            executable=pulumi_path,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode == 0) == (expect == 0), done.stdout
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command that runs on."""
        return subprocess.Popen(
            ["pulumi", "--non-interactive", *arguments],
            executable=shutil.which("pulumi", path=self.environment["PATH"]),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def hosts(self) -> list[int]:
        """The language hosts that run for this project."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                ours = b"local.language_host" in (process / "cmdline").read_bytes()
                if ours and f"file://{self.folder.parent}".encode() in (process / "environ").read_bytes():
                    found.append(int(process.name))
            except OSError:
                continue  # It ended meanwhile.
        return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = real_engine.require()
    plugins.ensure(found, Report("test", io.StringIO()))
    try:
        toolchain.environment()
    except Problem as problem:
        pytest.skip(str(problem))
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project")


@pytest.mark.engine
def test_preview_up_refresh_and_destroy(project: Project) -> None:
    project("config", "set", "word", "hello")
    project("config", "set", "--path", "list[0]", "7")
    project("config", "set", "--secret", "hidden", "not to be seen")
    preview = project("preview")
    assert "a line of the program" in preview
    assert "warning" not in preview
    up = project("up", "--yes", "--skip-preview")
    assert "not to be seen" not in preview + up
    outputs = json.loads(project("stack", "output", "--json", "--show-secrets"))
    assert outputs == {
        "folder": str(project.folder / "stacks"),
        "organization": "organization",
        "project": "tried",
        "stack": "dev",
        "dry": False,
        "word": "hello",
        "list": [7],
        "hidden": "not to be seen",
    }
    assert "1 unchanged" in project("up", "--yes", "--skip-preview")
    project("refresh", "--yes", "--skip-preview")
    assert "a line of the program" in project("refresh", "--yes", "--run-program", "--skip-preview")
    assert "a line of the program" not in project("destroy", "--yes", "--skip-preview")
    assert "tried-dev" not in project("stack", "export")


@pytest.mark.engine
@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("spec", "error: stacks/x.yaml: size: 0 is too small\n      fix: at least 1\n"),
        ("exit", "error: the program ended itself: 3\n"),
        ("bug", "ZeroDivisionError: division by zero\n"),
        ("in-apply", "ZeroDivisionError: division by zero\n"),
    ],
)
def test_a_failure_is_said_once(end: str, expected: str, project: Project) -> None:
    project("config", "set", "end", end)
    said = project("preview", expect=1)
    assert said.partition("Diagnostics:")[2].count(expected) == 1
    assert "Traceback" not in said or end == "in-apply"


@pytest.mark.engine
def test_ending_itself_well_is_no_failure(project: Project) -> None:
    project("config", "set", "end", "exit-well")
    assert "1 to create" in project("preview")


@pytest.mark.engine
def test_a_policy_pack_denies(project: Project, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\ndescription: tried\n")
    (pack / "__main__.py").write_text(PACK)
    assert "no B here" not in project("preview", "--policy-pack", str(pack))
    project("config", "set", "end", "resource")
    assert "no B here" in project("preview", "--policy-pack", str(pack), expect=1)


@pytest.fixture
def hanging(project: Project) -> Iterator[tuple[Project, subprocess.Popen[str]]]:
    project("config", "set", "end", "hang")
    running = project.start("preview")
    assert running.stdout is not None
    while (line := running.stdout.readline()) and "hanging" not in line:
        pass
    assert project.hosts()
    yield project, running
    running.kill()
    running.wait()


def no_host_after(project: Project, seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while project.hosts() and time.monotonic() < limit:
        time.sleep(0.1)
    return not project.hosts()


@pytest.mark.engine
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_host_goes_with_the_engine(number: signal.Signals, hanging: tuple[Project, subprocess.Popen[str]]) -> None:
    project, running = hanging
    running.send_signal(number)
    running.wait(20)
    assert no_host_after(project, 10)
