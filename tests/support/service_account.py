"""kubectl as a service account: with a token of its own, in a kubeconfig of its own, never in arguments."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.support.cluster import Cluster
from tests.support.refused import Refused

REFUSALS = ("(Forbidden)", "forbidden", "NotFound", "Unauthorized", "denied", "is invalid")


class ServiceAccount:
    """kubectl with the rights of a service account.

    Args:
        cluster: Who may ask for its token.
        folder: Where its kubeconfig is written.
    """

    def __init__(self, cluster: Cluster, namespace: str, name: str, folder: Path) -> None:
        self.name = f"{namespace}/{name}"
        token = cluster.kubectl("create", "token", "-n", namespace, name, "--duration=1h").strip()
        config = json.loads(cluster.kubectl("config", "view", "--raw", "--minify", "-o", "json"))
        config["users"] = [{"name": config["users"][0]["name"], "user": {"token": token}}]
        file = folder / f"{namespace}-{name}.kubeconfig"
        file.touch(mode=0o600)
        file.write_text(json.dumps(config))
        self.environment = {**cluster.environment, "KUBECONFIG": str(file)}

    def kubectl(self, *arguments: str, given: object = None) -> str:
        """Run kubectl; `given` goes in as JSON.

        Raises:
            Refused: The API server said no.
        """
        ran = subprocess.run(
            ["kubectl", *arguments],
            env=self.environment,
            input=None if given is None else json.dumps(given),
            capture_output=True,
            text=True,
            timeout=60,
        )
        if ran.returncode == 0:
            return ran.stdout
        if any(refusal in ran.stderr for refusal in REFUSALS):
            raise Refused("kubernetes", ran.stderr.strip())
        raise AssertionError(f"kubectl {' '.join(arguments)} exited {ran.returncode}: {ran.stderr[-2000:]}")
