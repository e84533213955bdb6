from __future__ import annotations

import xml.etree.ElementTree
from typing import Any

import pytest

from components.platform.dashboards import ALL
from components.platform.dashboards.model import Dashboard, Metric, Section, graph, stat, table
from components.platform.dashboards.render import render
from tests.support.dashboards import svg, units
from tests.support.dashboards.answers import Sources
from tests.support.dashboards.drawing import draw
from tests.support.dashboards.filling import Window
from tests.support.dashboards.plot import bounds, moments, nice
from tests.support.draw_dashboards import ask
from tests.unit.support.dashboards.recorded import prometheus

WINDOW = Window(1796050860, 1796051040, 30)
NAMESPACE = "{http://www.w3.org/2000/svg}"


def picture(*panels: Any) -> xml.etree.ElementTree.Element:
    board = render(Dashboard("small", "Small <one>", "For a test.", (Section("All", panels),)))
    shown = ask(board, Sources(prometheus()), {}, WINDOW)
    return xml.etree.ElementTree.fromstring(draw(board, shown, {"team": "search"}, WINDOW))


def texts(drawn: xml.etree.ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in drawn.iter(f"{NAMESPACE}text")]


def test_a_graph_has_a_line_a_series_and_names_them() -> None:
    drawn = picture(graph("Requests", "reqps", "By code.", Metric("rate(x[$__rate_interval])", "code {{code}}")))
    lines = [line.attrib["points"].split() for line in drawn.iter(f"{NAMESPACE}polyline")]
    # What isn't a number is left out.
    assert [len(points) for points in lines] == [3, 2]
    said = texts(drawn)
    assert {"Requests", "code 200", "code 500", "0 req/s", "3 req/s", "team: search"} <= set(said)
    assert "drawn from the live queries, not by Grafana" in said
    heights = [float(point.split(",")[1]) for point in lines[0]]
    assert heights[1] < heights[2] < heights[0]


def test_stacked_lines_stand_on_each_other() -> None:
    apart = picture(graph("Apart", "short", "Not stacked.", Metric("rate(x[$__rate_interval])")))
    above = picture(graph("Above", "short", "Stacked.", Metric("rate(x[$__rate_interval])"), stacked=True))
    assert len(list(apart.iter(f"{NAMESPACE}polygon"))) == 0
    assert len(list(above.iter(f"{NAMESPACE}polygon"))) == 2


def test_a_number_is_large_and_has_the_colour_of_its_step() -> None:
    drawn = picture(stat("Targets", "short", "How many.", Metric("count(up)"), (2, "red")))
    (number,) = (text for text in drawn.iter(f"{NAMESPACE}text") if text.text == "2")
    assert number.attrib["fill"] == svg.NAMED["red"]
    assert int(number.attrib["font-size"]) > 20


def test_a_table_has_its_labels_as_columns() -> None:
    said = texts(picture(table("Targets", "short", "Each.", Metric("up"))))
    assert {"job", "pod", "Value", "git", "git-0", "mlflow", "1", "0"} <= set(said)
    assert "__name__" not in said


def test_nothing_is_said_to_be_nothing() -> None:
    assert "No data" in texts(picture(stat("Absent", "short", "Nothing.", Metric("absent(up)"))))


def test_titles_of_all_panels_fit() -> None:
    for board in ALL:
        for panel in board.panels:
            assert svg.fitted(panel.title, panel.width * 50 - 24, 12) == panel.title


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.00025, "s", "250 µs"),
        (0.09, "s", "90 ms"),
        (2.5, "s", "2.5 s"),
        (600, "s", "10 min"),
        (0, "s", "0 s"),
        (5 * 2**30, "bytes", "5 GiB"),
        (1536, "Bps", "1.5 KiB/s"),
        (0.875, "percentunit", "87.5 %"),
        (12, "percent", "12 %"),
        (1234, "short", "1.23 K"),
        (0.05, "none", "0.05"),
        (0.125, "currencyUSD", "$0.125"),
        (756.4, "reqps", "756 req/s"),
        (float("nan"), "s", "no value"),
    ],
)
def test_numbers_are_read_by_people(value: float, unit: str, said: str) -> None:
    assert units.text(value, unit) == said


def test_axes_have_round_ends() -> None:
    assert bounds([0.3, 7.2], 0, None) == (0, 8)
    assert bounds([0.31, 0.79], None, None) == (0.2, 0.8)
    assert bounds([0.3], 0, 1) == (0, 1)
    assert bounds([], 0, None) == (0, 1)
    assert bounds([700 * 2**20], 0, None, binary=True) == (0, 800 * 2**20)
    assert nice(0.25) == 0.25


def test_moments_are_round() -> None:
    assert [moment % 300 for moment in moments(Window(1796050800, 1796051700, 15))] == [0] * 4
    assert len(moments(Window(0, 86400, 60))) <= 6
