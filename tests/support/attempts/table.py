"""All attempts."""

from __future__ import annotations

from tests.support.attempts import airflow, database, features, git, kubernetes, mlflow, object_store

ATTEMPTS = (
    *database.ATTEMPTS,
    *object_store.ATTEMPTS,
    *mlflow.ATTEMPTS,
    *airflow.ATTEMPTS,
    *git.ATTEMPTS,
    *features.ATTEMPTS,
    *kubernetes.ATTEMPTS,
)
