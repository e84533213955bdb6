"""The Pulumi engine over the Automation API, on the program in stacks/ that plain `pulumi` runs as well."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation._cmd import CommandResult
from pulumi.automation.errors import CommandError
from pulumi.automation.events import EngineEvent, PolicyEvent

from local import paths
from local.problem import Problem
from mlp import console, diagnostics, interrupts, locks, repair, state
from mlp.console import Say
from policies.catalog import BY_NAME

PACKS = [str(paths.checkout() / "policies")]
"""Policy packs that every preview and every `up` keep to."""
MANDATORY = "mandatory"
"""The level of a violation that ends a preview."""
UNCHANGED = ("same", "read", "refresh")
KILLED = "run the same command again: it puts in order what that left"
POLICY = "mend what breaks a rule; `mlp policy` checks all stacks, each rule is a file in policies/"
AGAIN = "mend what it says and run the same command again: what is done stays done"


class Stack:
    """One stack of the project. Made if it isn't there yet."""

    def __init__(self, name: str, project: Path | None = None, say: Say = console.say) -> None:
        """Select or create it.

        Args:
            name: For example `local-platform`.
            project: The folder with Pulumi.yaml; the checkout if None.
            say: Takes each line of progress; several stacks at once need to tell whose it is.
        """
        self.name = name
        self._say = say
        self._project = project or paths.checkout()
        with _told(f"stack {name} can't be opened"):
            self._command = automation.PulumiCommand()
            full, folder = f"organization/{locks.PROJECT}/{name}", str(self._project)
            options = automation.LocalWorkspaceOptions(pulumi_command=self._command)
            try:
                self._stack = automation.create_or_select_stack(stack_name=full, work_dir=folder, opts=options)
            except automation.StackAlreadyExistsError:
                # Another command made it between the look and the making.
                self._stack = automation.select_stack(stack_name=full, work_dir=folder, opts=options)

    def preview(self, *, diff: bool = False, quiet: bool = False) -> dict[str, int]:
        """Show what an `up` would change; how many resources by operation (`same`, `create`, `update` ...).

        Fails if something would break a rule of the policy pack.

        Args:
            diff: Show the fields that change, not only the resources.
            quiet: Show nothing.
        """
        found: list[PolicyEvent] = []
        with _told(f"preview of {self.name} failed", found):
            result = self._stack.preview(
                diff=diff,
                policy_packs=PACKS,
                on_output=None if quiet else self._show(diagnostics.Progress(diff)),
                on_event=_noting(found),
            )
        return {str(getattr(key, "value", key)): count for key, count in result.change_summary.items()}

    def violations(self) -> list[PolicyEvent]:
        """Preview silently: what the policy pack finds; what a rule can't judge yet comes as advisory."""
        found: list[PolicyEvent] = []
        with _told(f"preview of {self.name} failed"):
            try:
                self._stack.preview(policy_packs=PACKS, on_event=_noting(found))
            except CommandError:
                # That is how the engine ends a preview with violations; anything else is a failure.
                if not _mandatory(found):
                    raise
        return found

    def would_change(self) -> bool:
        """Show what an `up` would change; whether that is anything."""
        # A first `up` is a list of what is made; later the fields that change are what matters.
        return changes(self.preview(diff=bool(state.read(self.name).outputs))) > 0

    def up(self) -> dict[str, int]:
        """Apply; how many resources by operation. What breaks a rule of the policy pack isn't made."""
        found: list[PolicyEvent] = []
        with _told(f"stack {self.name} isn't up", found):
            result = self._stack.up(
                policy_packs=PACKS,
                on_output=self._show(diagnostics.Progress()),
                on_event=_noting(found),
                suppress_outputs=True,
            )
        return {str(key): count for key, count in (result.summary.resource_changes or {}).items()}

    def destroy(self) -> None:
        """Remove all that it made."""
        with _told(f"stack {self.name} isn't destroyed"):
            self._stack.destroy(on_output=self._show(diagnostics.Progress()), suppress_outputs=True)

    def remove(self) -> None:
        """Forget it: its state with its history, its config file. Refused by the engine while anything stands."""
        with _told(f"stack {self.name} can't be removed"):
            self._stack.workspace.remove_stack(self._stack.name)
        state.forget(self.name)

    def settle(self) -> None:
        """Put in order what a killed engine left: its lock and its half-done creates.

        Raises:
            Problem: Somebody else works on the stack.
        """
        locks.clear(self.name, self._say)
        if not state.read(self.name).pending:
            return
        with _told(f"the state of {self.name} can't be put in order"):
            exported = self._stack.export_stack()
            fixed = repair.repair(exported.deployment or {})
            for urn in fixed.dropped:
                self._say(f"  {self.name}: forgot the interrupted create of {urn.rpartition('::')[2]}")
            self.import_({"version": exported.version, "deployment": fixed.deployment})
            for urn in fixed.adopted:
                self._say(
                    f"  {self.name}: looking whether the interrupted create of {urn.rpartition('::')[2]} got done"
                )
            # Without targets too: a refresh is also what clears notes of interrupted updates and deletes.
            self._stack.refresh(suppress_outputs=True, target=list(fixed.adopted) or None)

    def config(self) -> dict[str, str]:
        """Every value of the stack's config, secrets in the clear."""
        with _told(f"config of {self.name} can't be read"):
            return {key: value.value for key, value in self._stack.get_all_config().items()}

    def config_set(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a value of the stack's config. A secret goes through a pipe: others can read arguments in /proc."""
        with _told(f"config {key} of {self.name} can't be set"):
            if secret:
                self._secret(key, value)
            else:
                self._stack.set_config(key, automation.ConfigValue(value))

    def config_remove(self, key: str) -> None:
        """Remove a value of the stack's config."""
        with _told(f"config {key} of {self.name} can't be removed"):
            self._stack.remove_config(key)

    def _show(self, progress: diagnostics.Progress) -> Any:
        def show(line: str) -> None:
            if (text := progress.line(line)) is not None:
                self._say(f"  {text}")

        return show

    def _secret(self, key: str, value: str) -> None:
        done = subprocess.run(
            [self._command.command, "--non-interactive", "config", "set", key, "--secret", "--stack", self._stack.name],
            cwd=self._project,
            input=value,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise CommandError(CommandResult(done.stdout, done.stderr, done.returncode))

    def import_(self, deployment: Mapping[str, Any]) -> None:
        """Replace the state (`pulumi stack import`)."""
        with _told(f"the state of {self.name} can't be replaced"), tempfile.NamedTemporaryFile("w") as file:
            json.dump(deployment, file)  # the file is 0600, and secrets in it are ciphertext
            file.flush()
            self._command.run(
                ["stack", "import", "--file", file.name, "--stack", self._stack.name], str(self._project), {}
            )


def changes(by_operation: Mapping[str, int]) -> int:
    """How many resources aren't as they should be."""
    return sum(count for operation, count in by_operation.items() if operation not in UNCHANGED)


def counts(by_operation: Mapping[str, int]) -> str:
    """Such as `3 create, 20 same`; `nothing to change` where all is as it should be."""
    if not changes(by_operation):
        return f"nothing to change ({sum(by_operation.values())} resources)"
    return ", ".join(f"{count} {operation}" for operation, count in sorted(by_operation.items()))


def _noting(found: list[PolicyEvent]) -> Callable[[EngineEvent], None]:
    def note(event: EngineEvent) -> None:
        if event.policy_event is not None:
            found.append(event.policy_event)

    return note


def _mandatory(found: Sequence[PolicyEvent]) -> list[PolicyEvent]:
    return [event for event in found if event.enforcement_level == MANDATORY]


def _said(event: PolicyEvent) -> str:
    rule = BY_NAME[event.policy_name]
    return f"{rule.name}: {rule.message(rule.what(event.message))}".replace("\n", "\n  ")


@contextmanager
def _told(what: str, found: Sequence[PolicyEvent] = ()) -> Iterator[None]:
    """The engine's failure as a Problem with its useful lines.

    Args:
        what: What didn't work.
        found: What the policy pack said meanwhile; a violation is the failure then.
    """
    try:
        with interrupts.after_the_engine():
            yield
    except CommandError as error:
        # The SDK keeps the result only as text: "code: ... stdout: ... stderr: ..." (automation/_cmd.py).
        head, _, stderr = str(error).rpartition("\n stderr: ")
        if killed := re.search(r"^ code: -(\d+)$", head, re.MULTILINE):
            raise Problem(f"{what}: the engine was killed by signal {killed[1]}", KILLED) from error
        if broken := _mandatory(found):
            raise Problem("\n".join([what, *(f"  {_said(event)}" for event in broken)]), POLICY) from error
        lines = diagnostics.errors(head.partition("\n stdout: ")[2], stderr) or [str(error)]
        fixes = [line.strip().removeprefix("fix:").strip() for line in lines if line.strip().startswith("fix:")]
        kept = [line for line in lines if not line.strip().startswith("fix:")]
        raise Problem("\n".join([what, *(f"  {line}" for line in kept)]), fixes[0] if fixes else AGAIN) from error
