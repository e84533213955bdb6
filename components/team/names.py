"""What things are called in a team's namespace. The same in each, so that commands and tests find them."""

from __future__ import annotations

AIRFLOW = "airflow"
"""Deployment, Service, Ingress, service account and label of the team's Airflow."""
WORKER = "worker"
"""Service account and label of a task's pod."""
TENANT_KEYS = "tenant-keys"
"""Secret that the tenancy controller reads: what the team proves itself with to each shared tool."""
AIRFLOW_KEYS = "airflow-keys"
"""Secret of Airflow's servers, which people read for Airflow's and the repository's password."""
WORKER_KEYS = "worker-keys"
"""Secret that is the environment of each task."""
MODEL = "model"
"""Service account and component of model pods."""
MODEL_KEYS = "model-keys"
"""Secret that is the environment of each model pod."""
