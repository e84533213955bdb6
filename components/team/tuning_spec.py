"""The spec of a team's tuning."""

from __future__ import annotations

from components.kubernetes.spec import Resources, Spec
from components.kubernetes.vocabulary import Flag

DASHBOARD = Resources(cpu="20m", memory="384Mi")
"""What Optuna's dashboard takes: 211 MB with a study of 40 trials."""


class TuningSpec(Spec):
    """Sweeps of the team: trials of hyperparameters, several pods at a time."""

    worker: Resources = Resources(cpu="100m", memory="1Gi")
    """Pod that runs trials, for a sweep that asks for nothing else. Pods that the quota has no room for wait."""

    dashboard: Flag = False
    """Whether Optuna's dashboard runs, which shows the trials of all sweeps: one pod more, 384Mi of the quota.
    MLflow has every trial too."""
