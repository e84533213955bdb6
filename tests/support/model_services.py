"""Model services of a team: made for a test beside those of its spec, asked, packaged, watched, and gone with it."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support import killing
from tests.support.cluster import Cluster
from tests.support.commands import Ran, mlp
from tests.support.packages import Package, as_json
from tests.support.traffic.generator import Target
from tests.support.web import Site

KIND = "modelservices.mlplatform.dev"
ANNOTATION = "mlplatform.dev/package"
RBAC = "rbac.authorization.k8s.io"
MAY_PACK = "e2e-packs"
POLL_SECONDS = 0.3
HISTORY = {"history": [4, 5, 6]}
"""A row that isn't the models' input example."""


def may_pack(cluster: Cluster, namespace: str) -> None:
    """Let the team's tasks tell any ModelService there of a package: else only those of its spec."""
    metadata = {"name": MAY_PACK, "namespace": namespace}
    rule = {"apiGroups": ["mlplatform.dev"], "resources": ["modelservices"], "verbs": ["get", "patch"]}
    binding = {
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": MAY_PACK},
        "subjects": [{"kind": "ServiceAccount", "name": "worker", "namespace": namespace}],
    }
    objects = [
        {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]},
        {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": metadata, **binding},
    ]
    cluster.kubectl("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))


def may_not_pack(cluster: Cluster, namespace: str) -> None:
    """Take that back."""
    both = (f"role/{MAY_PACK}", f"rolebinding/{MAY_PACK}")
    cluster.kubectl("delete", "-n", namespace, "--ignore-not-found", *both)


def body(*rows: Mapping[str, Any], **params: Any) -> bytes:
    """Of a request to /predict."""
    return json.dumps({"inputs": list(rows) or [HISTORY]} | ({"params": params} if params else {})).encode()


def version_of(answer: bytes) -> str:
    """Which version of the model gave an answer."""
    return str(json.loads(answer)["version"])


@dataclass(frozen=True)
class ModelService:
    """One of a team, by its name."""

    cluster: Cluster
    team: str
    """Its name as people type it, such as search."""
    name: str
    ingress: str
    """For example http://127.0.0.1:8080."""

    @property
    def namespace(self) -> str:
        """The team's."""
        return f"team-{self.team}"

    @property
    def host(self) -> str:
        """What the Host header says."""
        return f"{self.name}-{self.team}.localhost"

    @property
    def repository(self) -> str:
        """Where its packages are in the registry."""
        return f"mlplatform/model-{self.namespace}-{self.name}"

    @property
    def port(self) -> int:
        """Of the ingress on this machine."""
        return int(self.ingress.rpartition(":")[2])

    @property
    def site(self) -> Site:
        """For single requests."""
        return Site(self.name, self.ingress, self.host)

    def target(self, *bodies: bytes) -> Target:
        """For loads; notes the version that answered."""
        return Target(self.host, bodies or (body(),), port=self.port, read=version_of)

    def make(self, like: Mapping[str, Any], model: str, **changes: Any) -> None:
        """Make it, with the spec of another one and what is to be different; keys as in the manifest."""
        spec = {**copy.deepcopy(dict(like)), "host": self.host, "model": model, **changes}
        manifest = {
            "apiVersion": "mlplatform.dev/v1",
            "kind": "ModelService",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {key: value for key, value in spec.items() if value is not None},
        }
        self.cluster.kubectl("create", "-f", "-", given=json.dumps(manifest))

    def remove(self, wait: bool = True) -> None:
        """Take it away, if it is there, and wait until its pods are gone."""
        self.cluster.kubectl("delete", KIND, "-n", self.namespace, self.name, "--ignore-not-found", seconds=120)
        if wait:
            self.until("its pods are gone", lambda: not self.pods(), 60)

    def get(self) -> dict[str, Any]:
        """The object as it is now."""
        found: dict[str, Any] = self.cluster.get(KIND, "-n", self.namespace, self.name)
        return found

    @property
    def package_now(self) -> Package | None:
        """What is packed for it."""
        text = self.get()["metadata"].get("annotations", {}).get(ANNOTATION)
        return Package.parse(text) if text else None

    def give(self, package: Package) -> None:
        """Roll out what is packed already."""
        self.patch(as_json(package))

    def serve(self, model: str) -> None:
        """Name another model; what is packed next is that."""
        self.patch({"spec": {"model": model}})

    def patch(self, change: Mapping[str, Any]) -> None:
        """Merge into the object."""
        self.cluster.kubectl(
            "patch", KIND, "-n", self.namespace, self.name, "--type=merge", "-p", json.dumps(dict(change))
        )

    def mlp(self, command: str, *arguments: str, seconds: float = 180) -> Ran:
        """`mlp model COMMAND NAME --team TEAM ...`."""
        return mlp("model", command, self.name, "--team", self.team, *arguments, seconds=seconds)

    def shown(self) -> dict[str, Any]:
        """`mlp model show --json`."""
        found: dict[str, Any] = json.loads(self.mlp("show", "--json", seconds=60).must_succeed().stdout)
        return found

    def condition(self, kind: str) -> dict[str, Any]:
        """One of its conditions; empty where there is none yet."""
        conditions = self.get().get("status", {}).get("conditions", [])
        return next((one for one in conditions if one["type"] == kind), {})

    def pods(self, running: bool = False) -> list[dict[str, Any]]:
        """Its pods, also those that are ending; with `running`, those that run and aren't."""
        selector = f"mlplatform.dev/model={self.name}"
        found = self.cluster.items("pods", "-n", self.namespace, "-l", selector)
        if not running:
            return found
        alive = [pod for pod in found if pod["status"].get("phase") == "Running"]
        return [pod for pod in alive if "deletionTimestamp" not in pod["metadata"]]

    def kill(self) -> None:
        """kill -9 to everything in its first pod that runs."""
        killing.kill(killing.of_pod(self.pods(running=True)[0]))

    def predict(self, *rows: Mapping[str, Any], seconds: float = 30, **params: Any) -> dict[str, Any]:
        """One answer."""
        found: dict[str, Any] = self.site.ask("POST", "/predict", body(*rows, **params), seconds=seconds)
        return found

    def until(self, what: str, is_so: Callable[[], object], seconds: float) -> float:
        """Wait until something is so; the seconds that it took.

        Raises:
            AssertionError: It isn't after so many seconds; says how the service stands.
        """
        start = time.monotonic()
        while not is_so():
            took = time.monotonic() - start
            assert took < seconds, f"{self.name}: not so that {what} after {took:.0f} s: {self._standing()}"
            time.sleep(POLL_SECONDS)
        return time.monotonic() - start

    def until_rolled_out(self, version: str, seconds: float = 90) -> float:
        """Until that version serves; the seconds that it took."""

        def serves() -> bool:
            found = self.get().get("status", {})
            rolled = next((one for one in found.get("conditions", []) if one["type"] == "RolledOut"), {})
            return rolled.get("status") == "True" and str(found.get("stable", {}).get("version")) == version

        return self.until(f"version {version} serves", serves, seconds)

    def _standing(self) -> str:
        found = self.cluster.kubectl("get", KIND, "-n", self.namespace, self.name, "--ignore-not-found", "-o", "json")
        return json.dumps(json.loads(found).get("status", {})) if found else "it isn't there"
