from __future__ import annotations

import math
from typing import Any

import pytest

from components.platform.dashboards import business, model_service, team
from components.platform.dashboards.model import Dashboard, Metric, Section, graph, stat, table
from components.platform.dashboards.model import Rows as Sql
from components.platform.dashboards.render import render
from tests.support.dashboards.answers import Line, Sources, kept, lines_of, rows, wrong
from tests.support.dashboards.asking import fault, queries
from tests.support.dashboards.filling import Window, fill, names
from tests.unit.support.dashboards.recorded import Rows, prometheus

WINDOW = Window(1796050800, 1796051400, 30)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ('x{namespace="team-$team"}', 'x{namespace="team-search"}'),
        ('x{a=~"$model-[0-9a-f]{8}-.*"}', 'x{a=~"keywords-[0-9a-f]{8}-.*"}'),
        ("rate(x[$__rate_interval])", "rate(x[60s])"),
        ("x[$__range:1m] * $__range_s", "x[600s:1m] * 600"),
        ("WHERE m = ${model:sqlstring}", "WHERE m = 'keywords'"),
        ("$__timeFilter(f.at)", "f.at BETWEEN to_timestamp(1796050800) AND to_timestamp(1796051400)"),
        ("$__timeGroupAlias(at, $__interval)", 'floor(extract(epoch from at)/30)*30 AS "time"'),
        ("$__timeGroupAlias(at, '60s')", 'floor(extract(epoch from at)/60)*60 AS "time"'),
    ],
)
def test_queries_are_filled_in(text: str, filled: str) -> None:
    assert fill(text, {"team": "search", "model": "keywords"}, WINDOW) == filled


def test_a_step_that_is_longer_than_scrapes_makes_rates_longer() -> None:
    assert fill("$__rate_interval", {}, Window(0, 36000, 300)) == "315s"


def test_quotes_in_a_value_stay_in_the_text() -> None:
    assert fill("${m:sqlstring}", {"m": "o'hara"}, WINDOW) == "'o''hara'"


def test_an_unknown_variable_is_no_query() -> None:
    with pytest.raises(KeyError, match="model"):
        fill("x{m='$model'}", {}, WINDOW)


def test_variables_are_told_apart_from_grafanas_own() -> None:
    assert names("rate(x{a='$team'}[$__range]) $__timeFilter(at) ${model:sqlstring}") == {"team", "model"}


@pytest.mark.parametrize(
    ("values", "said"),
    [([1.0, 0.0], ""), ([], "empty"), ([1.0, math.nan], "not finite: nan"), ([math.inf], "not finite: inf")],
)
def test_answers_are_judged(values: list[float], said: str) -> None:
    assert wrong(values) == said


def small(*found: Any) -> dict[str, Any]:
    return render(Dashboard("small", "Small", "For a test.", (Section("All", found),)))


def sources(database: Rows | None = None) -> Sources:
    return Sources(prometheus(), database)


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("count(up)", ""),
        ("up", ""),
        ("time()", ""),
        ("absent(up)", "empty"),
        ("0/0", "not finite: nan"),
        ("sum(", "refused: prometheus: GET"),
    ],
)
def test_a_query_with_a_wrong_answer_is_named(expr: str, said: str) -> None:
    (asked,) = queries(small(stat("Number", "short", "A number.", Metric(expr))), {}, WINDOW)
    found = fault(asked, sources(), WINDOW.end)
    assert found.startswith(said) and bool(found) is bool(said)
    assert str(asked) == f"Small / Number / A: {expr}"


def test_rows_of_a_database_are_judged_too() -> None:
    line, short = (
        graph("Line", "s", "A line.", Sql("SELECT nulls")),
        table("Table", "s", "A table.", Sql("SELECT empty")),
    )
    found = [fault(asked, sources(Rows()), WINDOW.end) for asked in queries(small(line, short), {}, WINDOW)]
    assert found == ["not finite: nan", "empty"]


def test_rows_become_lines_by_metric() -> None:
    lines = lines_of(rows(Rows(), "SELECT 1"))
    assert [(line.labels, line.points[0]) for line in lines] == [
        ({"metric": "3"}, (1796050920.0, 0.25)),
        ({"metric": "4"}, (1796050920.0, 0.5)),
    ]


def test_a_legend_names_labels() -> None:
    line = Line({"__name__": "up", "job": "git", "pod": "git-0"}, ())
    assert line.name("{{job}} of {{ pod }}") == "git of git-0"
    assert line.name("__auto") == "git git-0"
    assert line.name("{{reason}}") == ""


def test_what_is_wanted_has_to_be_among_what_can_be_chosen() -> None:
    board = render(model_service.DASHBOARD)
    assert sources().choose(board, {"team": "search"}, WINDOW) == {"team": "search", "model": "keywords"}
    with pytest.raises(AssertionError, match=r"team can only be \['recsys', 'search'\]"):
        sources().choose(board, {"team": "ads"}, WINDOW)


def test_numbers_are_chosen_as_they_stand_and_models_from_the_database() -> None:
    chosen = sources().choose(render(team.DASHBOARD), {"team": "search"}, WINDOW)
    assert chosen == {"team": "search", "price_core": "0.04", "price_gib": "0.005"}
    chosen = sources(Rows()).choose(render(business.DASHBOARD), {}, WINDOW)
    assert chosen == {"registered": "keyword-recommender"}


def test_a_pattern_keeps_what_is_in_brackets() -> None:
    assert kept(["team-a", "mlp-x"], "/^team-(.*)$/") == ["a"]
    assert kept(["team-a", "mlp-x"], "/^team-/") == ["team-"]
    assert kept(["a"], "") == ["a"]
