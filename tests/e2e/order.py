"""The order of the files, and beside whose tests other work may go on."""

from __future__ import annotations

import fnmatch

ORDER = (
    "test_up.py",
    "test_idle.py",
    "test_trained.py",
    "test_team_up.py",
    "test_engine_units.py",
    "test_team_pipeline.py",
    "test_team_isolation.py",
    "test_team_admission.py",
    "test_monitoring.py",
    "test_team_rotation.py",
    "test_provider_awaits.py",
    "test_team_removal.py",
    # From here on the machine is quiet.
    "test_serving.py",
    "test_serving_bento.py",
    "test_serving_bad_versions.py",
    "test_serving_scaling.py",
    "test_serving_hostile.py",
    "test_dashboards.py",
    "test_engine_killed.py",
    "test_team_kills.py",
    "test_tuning.py",
    "test_features.py",
    "test_article_recommender.py",
    "test_notebooks.py",
    "test_notebook_jobs.py",
    "test_notebook_spark.py",
    "test_browser_harness.py",
    "test_browser.py",
    "test_policies.py",
    # After the teams' runs, so that what those wrote and showed is searched too.
    "test_secrets.py",
    "test_wrong_cases.py",
    "test_team_engine_killed.py",
    "test_plain_pulumi.py",
    "test_[!d]*.py",
    "test_node*.py",
    "test_restore.py",
    "test_up_again.py",
    "test_down.py",
)
COMPANY = (
    "test_idle.py",
    "test_trained.py",
    "test_engine_units.py",
    "test_team_pipeline.py",
    "test_team_isolation.py",
    "test_team_admission.py",
    "test_monitoring.py",
    "test_team_rotation.py",
    "test_provider_awaits.py",
    "test_team_removal.py",
    "test_dashboards.py",
    "test_engine_killed.py",
    "test_browser_harness.py",
    "test_browser.py",
    "test_policies.py",
    "test_secrets.py",
)
"""Files beside whose tests work may go on: they measure nothing (but the node by itself) and break nothing."""
ALONE = (
    "test_team_kills.py",
    "test_plain_pulumi.py",
    "test_node*.py",
    "test_restore.py",
    "test_up_again.py",
    "test_down.py",
)
"""Files beside whose tests nothing may go on, not even in the machine's idle time: they break things."""


def place(file: str) -> int:
    """Where a file stands in the order: an exact name wins over a pattern."""
    if file in ORDER:
        return ORDER.index(file)
    matching = [index for index, pattern in enumerate(ORDER) if fnmatch.fnmatch(file, pattern)]
    return max(matching, default=len(ORDER))


def is_alone(file: str) -> bool:
    """Whether it is one of `ALONE`."""
    return any(fnmatch.fnmatch(file, pattern) for pattern in ALONE)
