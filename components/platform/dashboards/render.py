"""Grafana's JSON of a dashboard, by Grafana's own SDK. The same values give the same JSON, to the byte."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_model
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import prometheus as prometheus_model

from components.platform.dashboards import postgres
from components.platform.dashboards.model import COLUMNS, Dashboard, Metric, Panel, Rows
from components.platform.dashboards.variables import METRICS, ROWS, variables

TAG = "mlplatform"
Built = timeseries.Panel | stat.Panel | table.Panel


def render(board: Dashboard) -> dict[str, Any]:
    """What Grafana takes, as plain values."""
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags([TAG])
        .readonly()
        .timezone("browser")
        .refresh("30s")
        .time(f"now-{board.window}", "now")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .link(
            dashboard.DashboardLink("Dashboards").type(model.DashboardLinkType.DASHBOARDS).tags([TAG]).as_dropdown(True)
        )
    )
    for variable in variables(board):
        made.with_variable(variable)
    for number, (section, panel, x, y) in enumerate(_places(board), 1):
        if panel is None:
            made.with_row(dashboard.Row(section).id(number).grid_pos(model.GridPos(h=1, w=COLUMNS, x=0, y=y)))
        else:
            made.with_panel(_panel(panel, number, model.GridPos(h=panel.height, w=panel.width, x=x, y=y)))
    rendered: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    return rendered


def to_text(rendered: dict[str, Any]) -> str:
    """JSON, as it is put into a file."""
    return json.dumps(rendered, sort_keys=True, separators=(",", ":")) + "\n"


def _places(board: Dashboard) -> Iterator[tuple[str, Panel | None, int, int]]:
    """Each heading (None) and panel with its x and y: from left to right, and on below what is there."""
    y = 0
    for section in board.sections:
        yield section.title, None, 0, y
        x, y, below = 0, y + 1, y + 1
        for panel in section.panels:
            if x + panel.width > COLUMNS:
                x, y = 0, below
            yield section.title, panel, x, y
            x, below = x + panel.width, max(below, y + panel.height)
        y = below


def _panel(panel: Panel, number: int, place: model.GridPos) -> Built:
    made = MAKERS[panel.kind](panel)
    made.id(number).title(panel.title).description(panel.description).unit(panel.unit).grid_pos(place)
    made.datasource(ROWS if panel.of_rows else METRICS)
    queries: tuple[Metric | Rows, ...] = panel.queries
    for index, query in enumerate(queries):
        made.with_target(_target(panel, query, chr(ord("A") + index)))
    return made


def _graph(panel: Panel) -> timeseries.Panel:
    legend = (
        common.VizLegendOptions()
        .display_mode(common_model.LegendDisplayMode.LIST)
        .placement(common_model.LegendPlacement.BOTTOM)
        .show_legend(True)
    )
    tooltip = common.VizTooltipOptions().mode(common_model.TooltipDisplayMode.MULTI)
    made = timeseries.Panel().line_width(1).fill_opacity(10).legend(legend).tooltip(tooltip)
    if not panel.signed:
        made.min(0)
    if panel.most is not None:
        made.max(panel.most)
    if panel.stacked:
        made.stacking(common.StackingConfig().mode(common_model.StackingMode.NORMAL)).fill_opacity(40)
    return made


def _stat(panel: Panel) -> stat.Panel:
    colors = [model.Threshold(value=step.value, color=step.color) for step in panel.steps]
    return (
        stat.Panel()
        .thresholds(dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(colors))
        .color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
        .graph_mode(common_model.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )


def _table(panel: Panel) -> table.Panel:
    hide_time = model.DataTransformerConfig(id_val="organize", options={"excludeByName": {"Time": True}})
    return table.Panel().with_transformation(hide_time)


def _target(panel: Panel, query: Metric | Rows, ref: str) -> Any:
    if isinstance(query, Rows):
        return postgres.Dataquery(
            postgres.SqlQuery(query.sql, "time_series" if panel.kind == "graph" else "table", ref)
        )
    made = prometheus.Dataquery().expr(query.expr).ref_id(ref).legend_format(query.legend or "__auto")
    if panel.kind == "graph":
        return made.range()
    shape = (
        prometheus_model.PromQueryFormat.TABLE
        if panel.kind == "table"
        else prometheus_model.PromQueryFormat.TIME_SERIES
    )
    return made.instant().format(shape)


MAKERS: dict[str, Callable[[Panel], Built]] = {"graph": _graph, "stat": _stat, "table": _table}
