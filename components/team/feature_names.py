"""Files of ConfigMap feature-store, and where pods have them. Without Pulumi's SDK: commands read it too."""

from __future__ import annotations

CLIENT_FILE = "feature_store.yaml"
"""For notebooks, jobs and tasks: they read online what the feature server lets them."""
WORKER_FILE = "worker.yaml"
"""For what puts values online (images/feast)."""
APPLY_FILE = "apply.json"
"""The Job of `mlp features apply`."""
FOLDER = "/etc/feast"
FILES = "/definitions"
