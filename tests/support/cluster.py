"""The running cluster, through kubectl and the kubeconfig that `mlp env` names."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any


class Cluster:
    """kubectl with an environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)

    def kubectl(self, *arguments: str, given: str | None = None, seconds: float = 120) -> str:
        """Run kubectl and return what it printed.

        Raises:
            AssertionError: It failed; the text has its own message.
        """
        ran = subprocess.run(
            ["kubectl", *arguments], env=self.environment, input=given, capture_output=True, text=True, timeout=seconds
        )
        assert ran.returncode == 0, f"kubectl {' '.join(arguments)} exited {ran.returncode}: {ran.stderr[-3000:]}"
        return ran.stdout

    def get(self, *arguments: str) -> Any:
        """`kubectl get ... -o json`, parsed."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def items(self, *arguments: str) -> list[dict[str, Any]]:
        """The items of `kubectl get`."""
        found: list[dict[str, Any]] = self.get(*arguments)["items"]
        return found

    def own_pods(self) -> list[dict[str, Any]]:
        """The pods of node, foundation and platform, without what a person runs besides."""
        own = ("kube-system", "local-path-storage")
        pods = self.items("pods", "-A")
        return [pod for pod in pods if (space := pod["metadata"]["namespace"]) in own or space.startswith("mlp-")]

    def everything(self) -> list[dict[str, Any]]:
        """Every object of every kind that can be listed, managed fields and all."""
        kinds = self.kubectl("api-resources", "--verbs=list", "-o", "name").split()
        found: list[dict[str, Any]] = json.loads(
            self.kubectl("get", ",".join(kinds), "-A", "-o", "json", "--show-managed-fields", seconds=300)
        )["items"]
        return found
