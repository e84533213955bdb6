"""One controller steers at a time: the next one waits until the one before has let go, or hasn't been heard of."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from .kube import Kube, KubeError, Object

HELD_SECONDS = 10.0
"""So long a controller that says nothing still holds it."""
RENEW_SECONDS = 3.0
LOOK_SECONDS = 0.5
CONFLICT, MISSING = 409, 404
log = logging.getLogger(__name__)


class LostError(Exception):
    """Another controller steers."""


class Lease:
    """A Lease of the cluster, for one pod."""

    def __init__(self, kube: Kube, namespace: str, name: str, holder: str) -> None:
        """`holder` is the pod's name: a container that is started anew goes on at once."""
        self._kube, self._namespace, self._name, self._holder = kube, namespace, name, holder
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._path = f"{self._collection}/{name}"

    async def take(self) -> None:
        """Wait until it is ours."""
        while True:
            try:
                if await self._try():
                    log.info("%s steers", self._holder)
                    return
            except KubeError as error:
                if error.status != CONFLICT:
                    log.warning("the lease: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def keep(self) -> None:
        """Renew it, until cancelled.

        Raises:
            LostError: Another one took it, because this one couldn't renew it.
        """
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                found = await self._kube.get(self._path)
                if found["spec"].get("holderIdentity") != self._holder:
                    raise LostError(f"{found['spec'].get('holderIdentity')} steers now")
                await self._write(found, self._holder)
            except KubeError as error:
                log.warning("the lease: %s", error)

    async def let_go(self) -> None:
        """The next one needn't wait."""
        try:
            found = await self._kube.get(self._path)
            if found["spec"].get("holderIdentity") == self._holder:
                await self._write(found, "")
        except KubeError as error:
            log.warning("the lease: %s", error)

    async def _try(self) -> bool:
        try:
            found = await self._kube.get(self._path)
        except KubeError as error:
            if error.status != MISSING:
                raise
            await self._kube.create(self._collection, self._object(self._holder))
            return True
        spec = found["spec"]
        holder = spec.get("holderIdentity")
        if holder and holder != self._holder and _age(spec.get("renewTime")) < HELD_SECONDS:
            return False
        await self._write(found, self._holder)
        return True

    async def _write(self, found: Object, holder: str) -> None:
        """Refused with a conflict if somebody else has written since."""
        version = {"resourceVersion": found["metadata"]["resourceVersion"]}
        await self._kube.merge(self._path, {"metadata": version, "spec": self._object(holder)["spec"]})

    def _object(self, holder: str) -> Object:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": {"holderIdentity": holder, "renewTime": now, "leaseDurationSeconds": int(HELD_SECONDS)},
        }


def _age(renewed: str | None) -> float:
    if not renewed:
        return HELD_SECONDS
    return (datetime.now(UTC) - datetime.fromisoformat(renewed.replace("Z", "+00:00"))).total_seconds()
