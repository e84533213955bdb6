"""Writes a service's routes, each when it has to be another."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from . import routes
from .cluster import Cluster
from .kube import Object
from .wanted import Wanted

log = logging.getLogger(__name__)


class Routing:
    """Service, Ingress and slice of one service, as they were written last."""

    def __init__(self, cluster: Cluster) -> None:
        """Nothing is known to be there: the first write is of all."""
        self._cluster = cluster
        self._written: dict[str, str] = {}

    async def routes(self, wanted: Wanted, addresses: Sequence[str], *, proxied: bool) -> None:
        """Requests go to these pods, or to the controller's proxy."""
        settings = self._cluster.settings
        found, port = routes.where(list(addresses), settings, proxied=proxied)
        await self._write(wanted, "endpoints", routes.endpoints(wanted, found, port, settings.group))
        await self._write(wanted, "service", routes.service(wanted, settings.group))
        await self._write(wanted, "ingress", routes.ingress(wanted, settings.group))

    async def _write(self, wanted: Wanted, what: str, manifest: Object) -> None:
        text = json.dumps(manifest, sort_keys=True)
        if self._written.get(what) == text:
            return
        await self._cluster.kube.apply(routes.paths(wanted)[what], manifest)
        self._written[what] = text
        if what == "endpoints":
            led = [address for endpoint in manifest["endpoints"] for address in endpoint["addresses"]]
            log.info("%s/%s: requests go to %s", wanted.namespace, wanted.name, ", ".join(led))
