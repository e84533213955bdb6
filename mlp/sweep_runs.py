"""Sweeps as MLflow has them: a run for each trial, and one for the sweep."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.problem import Problem
from mlp import web

SWEEP, TRIAL, STATE, OUTCOME, ERROR = "mlplatform.sweep", "optuna_trial", "optuna_state", "mlplatform.outcome", "error"
"""Tags (images/tuning/mlplatform_tuning/tracking.py)."""
ALL = "all"
PAGE = 1000


@dataclass(frozen=True)
class Trial:
    """One trial."""

    number: int
    state: str
    """RUNNING, COMPLETE, PRUNED or FAIL."""
    value: float | None
    params: dict[str, str]
    seconds: float | None
    error: str
    run_id: str


@dataclass(frozen=True)
class Sweep:
    """One sweep."""

    name: str
    direction: str
    wanted: int
    outcome: str
    """running, ended or failed."""
    error: str
    trials: list[Trial]

    def count(self, *states: str) -> int:
        """Trials in these states."""
        return sum(one.state in states for one in self.trials)

    @property
    def ended(self) -> int:
        """Trials that are recorded."""
        return self.count("COMPLETE", "PRUNED", "FAIL")

    @property
    def best(self) -> Trial | None:
        """The best complete trial."""
        done = [one for one in self.trials if one.state == "COMPLETE" and one.value is not None]
        sign = -1 if self.direction == "maximize" else 1
        return min(done, key=lambda one: sign * (one.value or 0), default=None)


@dataclass(frozen=True)
class Tracking:
    """MLflow, signed in as the team."""

    address: str
    user: str
    password: str = field(repr=False)
    workspace: str

    def names(self) -> list[str]:
        """The team's sweeps, the latest first."""
        found = self._pages("experiments/search", "experiments", {"order_by": ["last_update_time DESC"]})
        return [one["name"] for one in found if SWEEP in _pairs(one.get("tags", []))]

    def sweep(self, name: str) -> Sweep | None:
        """A sweep with its trials; None where no worker has begun it."""
        asked = self._ask("GET", f"experiments/get-by-name?experiment_name={name}", None, missing=True)
        if asked is None:
            return None
        experiment = asked["experiment"]
        wanted = {"experiment_ids": [experiment["experiment_id"]], "filter": f"tags.`{SWEEP}` = '{name}'"}
        direction = _pairs(experiment.get("tags", [])).get(SWEEP, "minimize")
        return read(name, direction, self._pages("runs/search", "runs", wanted))

    def _pages(self, path: str, key: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            answer = self._ask("POST", path, {**body, "max_results": PAGE, **({"page_token": token} if token else {})})
            found += (answer or {}).get(key, [])
            if not (token := (answer or {}).get("next_page_token", "")):
                return found

    def _ask(self, method: str, path: str, body: Any, missing: bool = False) -> dict[str, Any] | None:
        signed = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {signed}", "X-MLFLOW-WORKSPACE": self.workspace}
        try:
            answer = web.ask(method, f"{self.address}/api/2.0/mlflow/{path}", body, headers)
        except OSError as error:
            raise Problem(
                f"MLflow at {self.address} doesn't answer: {web.reason(error)}", "see `mlp status`"
            ) from error
        if missing and answer.status == 404:
            return None
        if answer.status != 200 or not isinstance(answer.json, dict):
            raise Problem(
                f"MLflow refuses {path.partition('?')[0]}: {answer.status} {answer.text[:200]}", "see `mlp status`"
            )
        return dict(answer.json)


def read(name: str, direction: str, runs: Sequence[Mapping[str, Any]]) -> Sweep | None:
    """A sweep from its runs as MLflow writes them; None without the sweep's own."""
    tagged = [(_pairs(run["data"].get("tags", [])), run) for run in runs]
    own = next((tags for tags, _ in tagged if tags.get(TRIAL) == ALL), None)
    if own is None:
        return None
    trials = [_trial(tags, run) for tags, run in tagged if tags.get(TRIAL, ALL) != ALL]
    return Sweep(
        name,
        direction,
        int(own.get("trials", 0)),
        own.get(OUTCOME, "running"),
        own.get(ERROR, ""),
        sorted(trials, key=lambda one: one.number),
    )


def _trial(tags: Mapping[str, str], run: Mapping[str, Any]) -> Trial:
    values = {one["key"]: one["value"] for one in run["data"].get("metrics", [])}
    info = run["info"]
    begun, ended = info.get("start_time"), info.get("end_time")
    return Trial(
        number=int(tags[TRIAL]),
        state=tags.get(STATE, "RUNNING"),
        value=None if "value" not in values else float(values["value"]),
        params=_pairs(run["data"].get("params", [])),
        seconds=(int(ended) - int(begun)) / 1000 if begun and ended else None,
        error=tags.get(ERROR, ""),
        run_id=info["run_id"],
    )


def _pairs(entries: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {entry["key"]: entry["value"] for entry in entries}


def as_json(sweep: Sweep) -> str:
    """For programs."""
    return json.dumps(
        {
            "name": sweep.name,
            "direction": sweep.direction,
            "wanted": sweep.wanted,
            "outcome": sweep.outcome,
            "error": sweep.error,
            "best": None if sweep.best is None else sweep.best.number,
            "trials": [vars(one) for one in sweep.trials],
        },
        indent=2,
    )
