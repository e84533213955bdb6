"""What can be chosen at the top of a dashboard: the datasource, and team, model or DAG."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as model

from components.platform.dashboards import postgres
from components.platform.dashboards.model import Choice, Dashboard, Number

METRICS = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
ROWS = model.DataSourceRef(type_val=postgres.TYPE, uid="${database}")
TEAM = Choice("team", "Team", "label_values(kube_resourcequota, namespace)", regex="/^team-(.*)$/")
"""The teams that have a quota, which is each of them. Their namespace is team-$team."""


def variables(board: Dashboard) -> list[Any]:
    """The datasources that its panels ask, then what it brings itself."""
    asked = {panel.of_rows for panel in board.panels} | {
        variable.of_rows for variable in board.variables if isinstance(variable, Choice)
    }
    sources = [dashboard.DatasourceVariable("datasource").label("Metrics").type("prometheus")] if False in asked else []
    if True in asked:
        sources.append(dashboard.DatasourceVariable("database").label("Team").type(postgres.TYPE).regex("/^team-/"))
    return [*sources, *map(_variable, board.variables)]


def _variable(variable: Choice | Number) -> Any:
    if isinstance(variable, Number):
        return dashboard.TextBoxVariable(variable.name).label(variable.label).default_value(variable.value)
    made = (
        dashboard.QueryVariable(variable.name)
        .label(variable.label)
        .query(variable.query)
        .datasource(ROWS if variable.of_rows else METRICS)
        .regex(variable.regex)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
    )
    if variable.all:
        made.include_all(True).all_value(".*").current(model.VariableOption(text="All", value="$__all"))
    return made
