"""A sweep as each place has it: its pods, Optuna's tables, MLflow's runs."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import paths
from tests.support import killing
from tests.support.cluster import Cluster
from tests.support.mlflow import pairs
from tests.support.teams import Team

BOWL = paths.checkout() / "tests" / "support" / "objectives" / "tuned_bowl" / "sweep.yaml"
ENDED = ("COMPLETE", "PRUNED")
ALL = "all"


@dataclass(frozen=True)
class Trial:
    """One of Optuna's trials."""

    number: int
    state: str
    logical: int
    """The number of the first one of those that ran it again."""


@dataclass(frozen=True)
class Sweep:
    """One of a team's."""

    name: str
    team: Team

    def pods(self, cluster: Cluster) -> list[dict[str, Any]]:
        """Those that run."""
        return killing.pods(cluster, self.team.name, f"mlplatform.dev/sweep={self.name}")

    def trials(self) -> list[Trial]:
        """All that Optuna has."""
        rows = self.team.role.run(
            "SELECT t.number, t.state, COALESCE(a.value_json, t.number::text) FROM tuning.trials t "
            "JOIN tuning.studies s USING (study_id) LEFT JOIN tuning.trial_system_attributes a "
            f"ON a.trial_id = t.trial_id AND a.key = 'failed_trial' WHERE s.study_name = '{self.name}'"
        )
        return [Trial(int(number), state, int(logical)) for number, state, logical in (row.split("|") for row in rows)]

    def ended(self) -> int:
        """Trials that are recorded; none before the first worker has made the tables."""
        there = self.team.role.run(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'tuning' AND tablename = 'trials'"
        )
        return sum(trial.state in ENDED for trial in self.trials()) if there == ["1"] else 0

    def runs(self) -> dict[str, dict[str, str]]:
        """The tags of MLflow's runs by their trial; fails if one has two."""
        found = [pairs(run["data"]["tags"]) for run in self.team.mlflow.runs(self.team.mlflow.experiment(self.name))]
        counted = Counter(tags["optuna_trial"] for tags in found)
        assert set(counted.values()) == {1}, counted
        return {tags["optuna_trial"]: tags for tags in found}

    def wait_for(self, trials: int, seconds: float) -> None:
        """Until so many are recorded."""
        end = time.monotonic() + seconds
        while (now := self.ended()) < trials:
            assert time.monotonic() < end, f"{now} trials of sweep {self.name} after {seconds} s"
            time.sleep(1)


def kill_at_work(cluster: Cluster, sweep: Sweep, many: int) -> list[str]:
    """SIGKILL to all processes of so many of its pods that have any; their names."""
    found = [(pod, numbers) for pod in sweep.pods(cluster) if (numbers := killing.of_pod(pod))][:many]
    assert len(found) == many, f"{len(found)} pods of sweep {sweep.name} run"
    for _, numbers in found:
        killing.kill(numbers)
    return [pod["metadata"]["name"] for pod, _ in found]


def file_of(name: str, folder: Path) -> Path:
    """The bowl's sweep under another name."""
    made = folder / "sweep.yaml"
    text = BOWL.read_text().replace("name: bowl", f"name: {name}").replace("project: .", f"project: {BOWL.parent}")
    made.write_text(text)
    return made
