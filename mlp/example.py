"""The example's training Job: applied, watched, its result told."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from typing import Any

import kubernetes
import pulumi
from kubernetes.client.exceptions import ApiException

from components.kubernetes import images
from images import fingerprint, releases
from local import paths
from local.problem import Problem
from mlp import cluster, config, console, job, specs, state
from mlp.target import Target

EXAMPLE, NAMESPACE, SECRET = "keyword-recommender", "mlp-examples", "mlflow-examples"
SOURCES = paths.checkout() / "examples" / "keyword_recommender"
COMMAND = ("python", "-m", "examples.keyword_recommender")
FIELD_MANAGER = "mlp"
RESULT = "result: "
POLL_SECONDS = 1.0
START_SECONDS = 300
LAST_LINES = 12


@dataclass(frozen=True)
class Run:
    """How the Job stands."""

    name: str
    status: str
    """`missing`, `running`, `succeeded` or `failed`."""
    result: dict[str, Any] | None = None
    """What it said of the model; None where the pod's log is gone."""


def run(where: Target) -> None:
    """Run the Job unless the same one has already succeeded, and tell its result.

    Raises:
        Problem: It failed; with the pod's last event and log lines.
    """
    console.heading(f"example {EXAMPLE}")
    wanted = manifest()
    with cluster.client(where) as api:
        now = look(api, wanted["metadata"]["name"])
        if now.status == "failed":
            console.say(f"  {now.name} failed before: running it again")
            _delete(api, now.name)
        if now.status == "succeeded":
            console.say(f"  {now.name}: up to date")
        else:
            _apply(api, wanted)
            _watch(api, now.name)
            now = look(api, now.name)
            _delete_older(api, now.name)
        _tell(now)


def last(where: Target) -> Run:
    """How the Job of the present image stands; changes nothing."""
    with cluster.client(where) as api:
        return look(api, manifest()["metadata"]["name"])


def manifest() -> dict[str, Any]:
    """The Job for the training image of the platform's release."""
    contract = state.read(config.FOUNDATION).outputs.get("contract")
    if contract is None:
        raise Problem("stack local-foundation isn't up, and the example needs it", "run `mlp up`")
    release = specs.platform().images
    try:
        image = images.read(releases.path_of(release).parent, release, contract["image_registry"]).reference("training")
    except pulumi.RunError as error:
        what, _, fix = str(error).partition("\n  fix: ")
        raise Problem(what, fix) from error
    environment = {"MLP_IMAGE": image, "MLP_CODE_VERSION": code_version()}
    return job.manifest(EXAMPLE, NAMESPACE, image, COMMAND, SECRET, environment)


def code_version() -> str:
    """The commit, and a hash of the example's sources as they are, which may have changed since."""
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=paths.checkout(), capture_output=True, text=True, check=False
    )
    commit = asked.stdout.strip() if asked.returncode == 0 else "no-git"
    parts = {str(path.relative_to(SOURCES)): path.read_text() for path in fingerprint.files(SOURCES)}
    return f"{commit}+{fingerprint.combine(parts)}"


def look(api: kubernetes.client.ApiClient, name: str) -> Run:
    """The state of a Job, with its result if its pod's log is still there."""
    try:
        found = kubernetes.client.BatchV1Api(api).read_namespaced_job(name, NAMESPACE)
    except ApiException as error:
        if error.status == 404:
            return Run(name, "missing")
        raise
    conditions = {one.type for one in found.status.conditions or () if one.status == "True"}
    if "Failed" in conditions:
        return Run(name, "failed")
    return Run(name, "succeeded", _result(api, name)) if "Complete" in conditions else Run(name, "running")


def _apply(api: kubernetes.client.ApiClient, wanted: dict[str, Any]) -> None:
    try:
        kubernetes.client.BatchV1Api(api).patch_namespaced_job(
            wanted["metadata"]["name"],
            NAMESPACE,
            wanted,
            field_manager=FIELD_MANAGER,
            field_validation="Strict",
            _content_type="application/apply-patch+yaml",
        )
    except ApiException as error:
        if error.status == 404:
            raise Problem(f"namespace {NAMESPACE} isn't there", "bring the platform up first: `mlp up platform`") from error
        raise


def _watch(api: kubernetes.client.ApiClient, name: str) -> None:
    """Show what the Job says until it ends.

    Raises:
        Problem: It failed, or its pod didn't start.
    """
    core, shown, start = kubernetes.client.CoreV1Api(api), "", time.monotonic()
    while look(api, name).status == "running":
        pod = _pod(core, name)
        stage = _stage(pod)
        if stage != shown:
            console.say(f"  {name}: {stage}")
            shown = stage
        if pod is not None and pod.status.phase in ("Running", "Succeeded", "Failed"):
            _follow(core, pod.metadata.name)
            _wait_end(api, name)
            break
        if time.monotonic() - start > START_SECONDS:
            raise Problem(
                f"the pod of Job {name} didn't start in {START_SECONDS} s: {stage}{_events(core, pod)}",
                "see the event; `mlp status` shows the node",
            )
        time.sleep(POLL_SECONDS)
    if look(api, name).status != "succeeded":
        pod = _pod(core, name)
        said = "" if pod is None else "".join(f"\n    {line}" for line in _log(core, pod.metadata.name)[-LAST_LINES:])
        raise Problem(
            f"Job {name} in {NAMESPACE} failed{_events(core, pod)}\n  its last lines:{said}",
            "correct what it says and run `mlp up example`",
        )


def _follow(core: kubernetes.client.CoreV1Api, pod: str) -> None:
    stream = core.read_namespaced_pod_log(pod, NAMESPACE, follow=True, _preload_content=False)
    rest = b""
    for part in stream.stream():
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            if text.strip() and not text.startswith(RESULT):
                console.say(f"  {text}")


def _wait_end(api: kubernetes.client.ApiClient, name: str) -> None:
    """The log ends a moment before the Job's condition is set."""
    for _ in range(60):
        if look(api, name).status != "running":
            return
        time.sleep(POLL_SECONDS)


def _pod(core: kubernetes.client.CoreV1Api, name: str) -> Any:
    pods = core.list_namespaced_pod(NAMESPACE, label_selector=f"batch.kubernetes.io/job-name={name}").items
    return pods[0] if pods else None


def _stage(pod: Any) -> str:
    if pod is None:
        return "waiting for its pod"
    for status in pod.status.container_statuses or ():
        if status.state.waiting is not None:
            return f"{status.state.waiting.reason}{': ' + status.state.waiting.message if status.state.waiting.message else ''}"
    for condition in pod.status.conditions or ():
        if condition.type == "PodScheduled" and condition.status == "False":
            return f"not scheduled: {condition.message}"
    return str(pod.status.phase).lower()


def _events(core: kubernetes.client.CoreV1Api, pod: Any) -> str:
    if pod is None:
        return ""
    found = core.list_namespaced_event(NAMESPACE, field_selector=f"involvedObject.name={pod.metadata.name}").items
    warnings = [event for event in found if event.type == "Warning"]
    return f"\n  event: {warnings[-1].reason}: {warnings[-1].message}" if warnings else ""


def _log(core: kubernetes.client.CoreV1Api, pod: str) -> list[str]:
    try:
        return str(core.read_namespaced_pod_log(pod, NAMESPACE)).splitlines()
    except ApiException:
        return []


def _result(api: kubernetes.client.ApiClient, name: str) -> dict[str, Any] | None:
    core = kubernetes.client.CoreV1Api(api)
    pod = _pod(core, name)
    lines = [] if pod is None else _log(core, pod.metadata.name)
    found = [line.removeprefix(RESULT) for line in lines if line.startswith(RESULT)]
    return dict(json.loads(found[-1])) if found else None


def _delete(api: kubernetes.client.ApiClient, name: str) -> None:
    batch = kubernetes.client.BatchV1Api(api)
    batch.delete_namespaced_job(name, NAMESPACE, propagation_policy="Foreground")
    while look(api, name).status != "missing":
        time.sleep(POLL_SECONDS)


def _delete_older(api: kubernetes.client.ApiClient, name: str) -> None:
    batch = kubernetes.client.BatchV1Api(api)
    for found in batch.list_namespaced_job(NAMESPACE, label_selector=f"app.kubernetes.io/name={EXAMPLE}").items:
        if found.metadata.name != name:
            batch.delete_namespaced_job(found.metadata.name, NAMESPACE, propagation_policy="Background")


def _tell(now: Run) -> None:
    if now.result is None:
        console.say("  its log is gone; the run is in MLflow")
        return
    ndcg, base, gain = (now.result[key] for key in ("ndcg", "ndcg_popularity", "ndcg_difference"))
    console.say(
        f"  NDCG@10 {ndcg['mean']:.3f} against {base['mean']:.3f} of popularity: "
        f"{gain['mean']:+.3f} (95% interval {gain['low']:+.3f} to {gain['high']:+.3f}); "
        f"version {now.result['model_version']} of the registered model"
    )
