"""Grafana's dashboards as code: one a file, each of plain values that `render` makes Grafana's JSON of."""

from __future__ import annotations

from components.platform.dashboards import airflow, business, capacity, model_service, platform, team
from components.platform.dashboards.model import Dashboard

ALL: tuple[Dashboard, ...] = (
    platform.DASHBOARD,
    team.DASHBOARD,
    model_service.DASHBOARD,
    airflow.DASHBOARD,
    capacity.DASHBOARD,
    business.DASHBOARD,
)
