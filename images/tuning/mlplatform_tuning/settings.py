"""What a worker is told: the sweep as JSON in SWEEP, and where its tools are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from .problem import Problem

DIRECTIONS = ("minimize", "maximize")
PRUNERS = ("none", "median", "hyperband")
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
OBJECTIVE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True)
class Sweep:
    """One sweep. What `identity` names makes it the same one when it is taken up again."""

    name: str
    """Of the study, the experiment in MLflow and the Job. The same name again takes the sweep up where it was left."""
    objective: str
    """Import path of a function of one Optuna trial: `package.module:function`."""
    trials: int
    """So many are recorded in the end. Another number at the next start makes it more."""
    direction: str = "minimize"
    """`minimize` or `maximize`."""
    pruner: str = "none"
    """`median` or `hyperband` end trials early that fall behind in what they report."""
    seed: int = 0
    """Of the sampler; each trial's is this and its number."""
    heartbeat_seconds: int = 5
    """How often a trial that runs says so."""
    grace_seconds: int = 25
    """After so long without a word its worker is taken for dead, and another runs it again."""
    failures: int = 3
    """So many trials may fail by the objective's own error before the sweep gives up."""

    @property
    def identity(self) -> dict[str, object]:
        """What must not differ between two starts: results wouldn't be comparable."""
        return {"objective": self.objective, "direction": self.direction, "seed": self.seed}


def parse(text: str) -> Sweep:
    """The sweep in a JSON text.

    Raises:
        Problem: It isn't one; names the key.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Problem(f"SWEEP isn't JSON: {error}") from None
    if not isinstance(found, dict):
        raise Problem("SWEEP is JSON, but no mapping")
    known = {field.name: field for field in fields(Sweep)}
    if unknown := sorted(set(found) - set(known)):
        raise Problem(f"SWEEP has an unknown key {unknown[0]!r}; it may have: {', '.join(known)}")
    if missing := [name for name in ("name", "objective", "trials") if name not in found]:
        raise Problem(f"SWEEP has no {missing[0]!r}")
    for name, value in found.items():
        wanted = int if known[name].type == "int" else str
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise Problem(f"SWEEP: {name} is {value!r}; it has to be {'a whole number' if wanted is int else 'a text'}")
    return _checked(Sweep(**found))


def _checked(sweep: Sweep) -> Sweep:
    rules = (
        (NAME.fullmatch(sweep.name), "name", "a-z, 0-9 and '-', 40 characters at most"),
        (OBJECTIVE.fullmatch(sweep.objective), "objective", "package.module:function"),
        (1 <= sweep.trials <= 10_000, "trials", "1 to 10000"),
        (sweep.direction in DIRECTIONS, "direction", " or ".join(DIRECTIONS)),
        (sweep.pruner in PRUNERS, "pruner", " or ".join(PRUNERS)),
        (sweep.seed >= 0, "seed", "0 or more"),
        (sweep.heartbeat_seconds >= 1, "heartbeat_seconds", "1 or more"),
        (sweep.grace_seconds >= 2 * sweep.heartbeat_seconds, "grace_seconds", "twice heartbeat_seconds or more"),
        (sweep.failures >= 0, "failures", "0 or more"),
    )
    for right, name, wanted in rules:
        if not right:
            raise Problem(f"SWEEP: {name} is {getattr(sweep, name)!r}; it has to be {wanted}")
    return sweep


def needed(environment: Mapping[str, str], name: str) -> str:
    """A variable that has to be there.

    Raises:
        Problem: It isn't.
    """
    if not (value := environment.get(name)):
        raise Problem(f"{name} isn't set: the Job's template or its Secret tuning-keys lacks it")
    return value


def as_json(sweep: Sweep) -> str:
    """The text that `parse` reads."""
    values: dict[str, Any] = {field.name: getattr(sweep, field.name) for field in fields(sweep)}
    return json.dumps(values, sort_keys=True)
