"""One Kubernetes Job: applied, watched to its end, looked at."""

from __future__ import annotations

import time
from typing import Any

import kubernetes
from kubernetes.client.exceptions import ApiException

from local.problem import Problem
from mlp import console

FIELD_MANAGER = "mlp"
POLL_SECONDS = 1.0
START_SECONDS = 300
END_SECONDS = 60
LAST_LINES = 12
MISSING, RUNNING, SUCCEEDED, FAILED = "missing", "running", "succeeded", "failed"


class Job:
    """A Job by its name."""

    def __init__(self, api: kubernetes.client.ApiClient, namespace: str, name: str) -> None:
        self.namespace, self.name = namespace, name
        self._batch, self._core = kubernetes.client.BatchV1Api(api), kubernetes.client.CoreV1Api(api)

    def status(self) -> str:
        """`missing`, `running`, `succeeded` or `failed`."""
        try:
            found: Any = self._batch.read_namespaced_job(self.name, self.namespace)
        except ApiException as error:
            if error.status == 404:
                return MISSING
            raise
        conditions = {one.type for one in found.status.conditions or () if one.status == "True"}
        if "Failed" in conditions:
            return FAILED
        return SUCCEEDED if "Complete" in conditions else RUNNING

    def apply(self, manifest: dict[str, Any]) -> None:
        """Server-side apply.

        Raises:
            Problem: Its namespace isn't there.
        """
        try:
            self._batch.patch_namespaced_job(
                self.name,
                self.namespace,
                manifest,
                field_manager=FIELD_MANAGER,
                field_validation="Strict",
                _content_type="application/apply-patch+yaml",
            )
        except ApiException as error:
            if error.status != 404:
                raise
            raise Problem(
                f"namespace {self.namespace} isn't there", "bring the platform up first: `mlp up platform`"
            ) from error

    def watch(self, hidden: str, fix: str = "correct what it says and run `mlp up example`") -> None:
        """Show what it says, but for lines that begin with `hidden`, until it ends.

        Args:
            hidden: What isn't for people.
            fix: What helps where it fails.

        Raises:
            Problem: It failed or its pod didn't start; with the pod's event and last log lines.
        """
        self._wait_start()
        if (pod := self._pod()) is not None:
            self._follow(pod.metadata.name, hidden)
        # The log ends a moment before the Job's condition is set.
        end = time.monotonic() + END_SECONDS
        while self.status() == RUNNING and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        if self.status() != SUCCEEDED:
            said = "".join(f"\n    {line}" for line in self.log()[-LAST_LINES:])
            raise Problem(
                f"Job {self.name} in {self.namespace} failed{self._event()}\n  its last lines:{said}",
                fix,
            )

    def log(self) -> list[str]:
        """What its pod said; nothing where the pod is gone."""
        if (pod := self._pod()) is None:
            return []
        try:
            return str(self._core.read_namespaced_pod_log(pod.metadata.name, self.namespace)).splitlines()
        except ApiException:
            return []

    def delete(self) -> None:
        """Remove it and its pod, and wait until they are gone."""
        self._batch.delete_namespaced_job(self.name, self.namespace, propagation_policy="Foreground")
        while self.status() != MISSING:
            time.sleep(POLL_SECONDS)

    def delete_others(self, selector: str) -> None:
        """Remove the Jobs with these labels but this one, without waiting."""
        others: Any = self._batch.list_namespaced_job(self.namespace, label_selector=selector).items
        for name in {one.metadata.name for one in others} - {self.name}:
            self._batch.delete_namespaced_job(name, self.namespace, propagation_policy="Background")

    def _wait_start(self) -> None:
        shown, end = "", time.monotonic() + START_SECONDS
        while self.status() == RUNNING:
            pod = self._pod()
            if (now := stage(pod)) != shown:
                console.say(f"  {self.name}: {now}")
                shown = now
            if pod is not None and pod.status.phase != "Pending":
                return
            if time.monotonic() > end:
                raise Problem(
                    f"the pod of Job {self.name} didn't start in {START_SECONDS} s: {now}{self._event()}",
                    "see the event; `mlp status` tells of the node",
                )
            time.sleep(POLL_SECONDS)

    def _follow(self, pod: str, hidden: str) -> None:
        stream: Any = self._core.read_namespaced_pod_log(pod, self.namespace, follow=True, _preload_content=False)
        rest = b""
        for part in stream.stream():
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                text = line.decode(errors="replace").rstrip()
                if text and not text.startswith(hidden):
                    console.say(f"  {text}")

    def _pod(self) -> Any:
        selector = f"batch.kubernetes.io/job-name={self.name}"
        pods: Any = self._core.list_namespaced_pod(self.namespace, label_selector=selector).items
        return pods[0] if pods else None

    def _event(self) -> str:
        if (pod := self._pod()) is None:
            selector = f"involvedObject.name={self.name}"
        else:
            selector = f"involvedObject.name={pod.metadata.name}"
        found: Any = self._core.list_namespaced_event(self.namespace, field_selector=selector).items
        warnings = [event for event in found if event.type == "Warning"]
        return f"\n  event: {warnings[-1].reason}: {warnings[-1].message}" if warnings else ""


def stage(pod: Any) -> str:
    """Where a pod is on its way, with the reason why it waits."""
    if pod is None:
        return "waiting for its pod"
    for container in pod.status.container_statuses or ():
        if (waiting := container.state.waiting) is not None:
            return f"{waiting.reason}: {waiting.message}" if waiting.message else str(waiting.reason)
    for condition in pod.status.conditions or ():
        if condition.type == "PodScheduled" and condition.status == "False":
            return f"not scheduled: {condition.message}"
    return str(pod.status.phase).lower()
