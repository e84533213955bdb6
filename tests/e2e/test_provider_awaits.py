"""The provider on the node: ready means that pods run, and what never gets ready says why."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from images import releases
from local import paths
from local.node.config import NodeConfig
from local.provider.server import serve
from tests.support.cluster import Cluster
from tests.support.provider_calls import Engine, InitFailedError, configure, manifest, urn

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("removal_early")]


@pytest.fixture(scope="module")
def engine(cluster: Cluster) -> Iterator[Engine]:
    """A provider configured for the node, as the project's stacks do."""
    server, port = serve("")
    calling = Engine(port)
    configure(calling, paths.kubeconfig())
    yield calling
    calling.close()
    server.stop(grace=None).wait()


@contextmanager
def new_namespace(engine: Engine, cluster: Cluster) -> Iterator[str]:
    name = f"e2e-provider-{uuid.uuid4().hex[:6]}"
    engine.create(urn("core/v1:Namespace", name), manifest("v1", "Namespace", name))
    try:
        yield name
    finally:
        cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def namespace(engine: Engine, cluster: Cluster) -> Iterator[str]:
    with new_namespace(engine, cluster) as name:
        yield name


@pytest.fixture(scope="session")
def image() -> str:
    """An image with a shell, from the node's registry."""
    digest = releases.read(releases.LOCAL)["base"]
    return f"{NodeConfig().registry}/mlplatform/base@{digest}"


def container(image: str, script: str, **fields: Any) -> dict[str, Any]:
    return {"name": "app", "image": image, "command": ["sh", "-c", script], **fields}


def pod_spec(*containers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"terminationGracePeriodSeconds": 1, "containers": list(containers), **fields}


def workload(kind: str, name: str, namespace: str, pod: dict[str, Any], **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod}
    return manifest(
        "apps/v1", kind, name, namespace, spec={"selector": {"matchLabels": labels}, "template": template, **spec}
    )


def create(engine: Engine, obj: dict[str, Any], timeout: float = 120) -> dict[str, Any]:
    group = obj["apiVersion"] if "/" in obj["apiVersion"] else f"core/{obj['apiVersion']}"
    token = urn(f"{group}:{obj['kind']}", obj["metadata"]["name"])
    return engine.create(token, engine.check(token, obj), timeout=timeout)[1]


READY = {"exec": {"command": ["test", "-f", "/tmp/ready"]}, "periodSeconds": 1}


def test_ready_means_that_pods_run(engine: Engine, namespace: str, image: str) -> None:
    slow = container(image, "sleep 2; touch /tmp/ready; sleep 3600", readinessProbe=READY)
    asleep = container(image, "sleep 3600")
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Mi"}}}
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    job_pod = pod_spec(container(image, "sleep 1"), restartPolicy="Never")
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {"host": "provider.localhost", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    objects = [
        workload("Deployment", "web", namespace, pod_spec(slow), replicas=2),
        manifest("v1", "Service", "web", namespace, spec={"selector": {"app": "web"}, "ports": [{"port": 80}]}),
        manifest("v1", "Service", "none", namespace, spec={"clusterIP": "None", "ports": [{"port": 80}]}),
        workload("StatefulSet", "set", namespace, pod_spec(asleep), serviceName="none", replicas=2),
        workload("DaemonSet", "daemons", namespace, pod_spec(asleep)),
        manifest("batch/v1", "Job", "job", namespace, spec={"template": {"spec": job_pod}}),
        manifest("v1", "PersistentVolumeClaim", "data", namespace, spec=claim),
        manifest("v1", "Pod", "pod", namespace, spec=pod_spec(asleep, volumes=[volume])),
        manifest(
            "networking.k8s.io/v1", "Ingress", "web", namespace, spec={"ingressClassName": "traefik", "rules": [rule]}
        ),
    ]
    with ThreadPoolExecutor(len(objects)) as pool:
        states = {
            (state["kind"], state["metadata"]["name"]): state
            for state in pool.map(lambda o: create(engine, o), objects)
        }
    assert states["Deployment", "web"]["status"]["availableReplicas"] == 2
    assert states["StatefulSet", "set"]["status"]["readyReplicas"] == 2
    assert states["DaemonSet", "daemons"]["status"]["numberReady"] == 1
    assert states["Job", "job"]["status"]["succeeded"] == 1
    assert states["Pod", "pod"]["status"]["phase"] == "Running"
    assert states["Ingress", "web"]["status"]["loadBalancer"]["ingress"]


def test_readiness_is_noticed_at_once(engine: Engine, namespace: str, image: str, cluster: Cluster) -> None:
    slow = container(image, "sleep 3; touch /tmp/ready; sleep 3600", readinessProbe=READY)
    create(engine, workload("Deployment", "web", namespace, pod_spec(slow)))
    noticed = time.time()
    conditions = cluster.get("deployment", "web", "-n", namespace)["status"]["conditions"]
    available = next(item for item in conditions if item["type"] == "Available")
    happened = time.mktime(time.strptime(available["lastTransitionTime"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    # Kubernetes tells whole seconds only, and other work may go on beside this.
    assert noticed - happened < 2.5


@pytest.fixture(scope="module")
def never(engine: Engine, cluster: Cluster, image: str) -> Iterator[dict[str, InitFailedError]]:
    """What is said of things that don't get ready, each in the seconds that it is given: all of them side by side."""
    crash = "echo starting; echo no database >&2; exit 3"
    nowhere = {"name": "app", "image": "localhost:1/no/such:image"}
    with new_namespace(engine, cluster) as name:

        def deployment(app: str, script: str) -> dict[str, Any]:
            return workload("Deployment", app, name, pod_spec(container(image, script, readinessProbe=READY)))

        def pod(app: str, spec: dict[str, Any]) -> dict[str, Any]:
            return manifest("v1", "Pod", app, name, spec=spec)

        asked = {
            "crashes": (deployment("crashes", crash), 15),
            "isn't ready": (deployment("unready", "sleep 3600"), 15),
            "has no image": (pod("no-image", pod_spec(nowhere)), 8),
            "has no node": (pod("no-node", pod_spec(container(image, "sleep 1"), nodeSelector={"no": "such"})), 8),
        }

        def told(obj: dict[str, Any], seconds: float) -> InitFailedError:
            with pytest.raises(InitFailedError) as caught:
                create(engine, obj, timeout=seconds)
            return caught.value

        with ThreadPoolExecutor(len(asked)) as pool:
            yield dict(zip(asked, pool.map(lambda one: told(*one), asked.values()), strict=True))


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("crashes", ("container app [", "exit code 3", "no database")),
        ("isn't ready", ("container app runs but isn't ready", "[Unhealthy]")),
    ],
)
def test_a_deployment_that_does_not_start_says_why(
    what: str, says: tuple[str, ...], never: dict[str, InitFailedError]
) -> None:
    error = never[what]
    found = error.state["metadata"]
    for part in (*says, f"Pod {found['namespace']}/{found['name']}-"):
        assert part in str(error) or (part == "exit code 3" and "CrashLoopBackOff" in str(error))
    assert error.id == f"{found['namespace']}/{found['name']}"
    assert found["uid"]


@pytest.mark.parametrize(("what", "says"), [("has no image", "ImagePull"), ("has no node", "[Unschedulable]")])
def test_a_pod_that_does_not_start_says_why(what: str, says: str, never: dict[str, InitFailedError]) -> None:
    assert says in str(never[what]) or "ErrImage" in str(never[what])


def test_a_failed_job_ends_the_wait_with_its_log(engine: Engine, namespace: str, image: str) -> None:
    job = {
        "backoffLimit": 0,
        "template": {"spec": pod_spec(container(image, "echo no ratings; exit 7"), restartPolicy="Never")},
    }
    with pytest.raises(InitFailedError) as caught:
        create(engine, manifest("batch/v1", "Job", "train", namespace, spec=job))
    for part in ("Job failed: BackoffLimitExceeded", "exit code 7", "no ratings"):
        assert part in str(caught.value)


def test_a_load_balancer_that_nobody_provides(engine: Engine, namespace: str) -> None:
    service = manifest("v1", "Service", "web", namespace, spec={"type": "LoadBalancer", "ports": [{"port": 80}]})
    with pytest.raises(InitFailedError, match="not allocated an address"):
        create(engine, service, timeout=2)


def test_deleting_waits_for_the_pods(engine: Engine, namespace: str, image: str, cluster: Cluster) -> None:
    state = create(engine, workload("Deployment", "web", namespace, pod_spec(container(image, "sleep 3600"))))
    engine.delete(urn("apps/v1:Deployment", "web"), f"{namespace}/web", state)
    assert cluster.items("pods", "-n", namespace) == []
