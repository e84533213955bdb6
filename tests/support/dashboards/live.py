"""The running platform's Prometheus and a team's Postgres, by what `mlp` and the team's Secrets hand out."""

from __future__ import annotations

import json
import os

from components.kubernetes.labels import team_id
from local import toolchain
from local.node.config import NodeConfig
from tests.support.cluster import Cluster
from tests.support.commands import mlp
from tests.support.dashboards.answers import Prometheus, Sources
from tests.support.teams import open_team
from tests.support.web import Site, basic


def prometheus() -> Prometheus:
    """Behind the ingress."""
    port = NodeConfig().ingress_port
    given = json.loads(mlp("credentials", "prometheus", "--json", seconds=60).must_succeed().stdout)
    site = Site("prometheus", f"http://127.0.0.1:{port}", f"prometheus.localhost:{port}")
    return Prometheus(site, basic(given["user"], given["password"]))


def sources(team: str) -> Sources:
    """With a team's own database."""
    cluster = Cluster({**os.environ, **toolchain.environment()})
    ingress = f"http://127.0.0.1:{NodeConfig().ingress_port}"
    return Sources(prometheus(), open_team(cluster, team_id(team), ingress).role)
