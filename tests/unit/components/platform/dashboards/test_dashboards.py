from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.platform.dashboards import ALL
from components.platform.dashboards.model import COLUMNS, Dashboard, Metric, Rows, graph
from components.platform.dashboards.render import render, to_text
from components.platform.rules import GROUPS, Record
from tests.support.dashboards.asking import panels, queries
from tests.support.dashboards.filling import Window, names

WINDOW = Window(0, 3600, 30)
VALUES = {
    "team": "search",
    "model": "keywords",
    "registered": "keyword-recommender",
    "dag": ".*",
    "price_core": "0.04",
    "price_gib": "0.005",
}
UNITS = {
    "short", "none", "percentunit", "percent", "bytes", "Bps", "s", "reqps", "ops", "currencyUSD",
}  # fmt: skip
EACH = pytest.mark.parametrize("board", ALL, ids=lambda board: board.name)


@EACH
def test_every_panel_says_what_it_is(board: Dashboard) -> None:
    rendered = render(board)
    found = panels(rendered)
    assert len(found) == len(board.panels) >= 10
    for panel in found:
        assert panel["title"] and panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert panel["targets"]
        assert all(target.get("expr") or target.get("rawSql") for target in panel["targets"])
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        if panel["type"] == "timeseries" and len(panel["targets"]) > 1:
            assert "" not in {target.get("legendFormat", "sql") for target in panel["targets"]}
    titles = [(panel["title"], panel["type"]) for panel in found]
    assert len(set(titles)) == len(titles)


@EACH
def test_panels_have_ids_and_places_of_their_own(board: Dashboard) -> None:
    found = render(board)["panels"]
    assert [panel["id"] for panel in found] == list(range(1, len(found) + 1))
    taken: set[tuple[int, int]] = set()
    for panel in found:
        place = panel["gridPos"]
        assert 0 <= place["x"] < place["x"] + place["w"] <= COLUMNS
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


@EACH
def test_rows_of_panels_are_full(board: Dashboard) -> None:
    for section in board.sections:
        assert sum(panel.width for panel in section.panels) % COLUMNS == 0, section.title


@EACH
def test_the_same_values_give_the_same_text(board: Dashboard) -> None:
    assert to_text(render(board)) == to_text(render(board))


def test_addresses_are_their_own_and_hold() -> None:
    assert [render(board)["uid"] for board in ALL] == [
        f"mlplatform-{name}" for name in ("platform", "team", "model-service", "airflow", "capacity", "business")
    ]
    assert len({board.title for board in ALL}) == len(ALL)


@EACH
def test_what_is_asked_for_can_be_chosen(board: Dashboard) -> None:
    rendered = render(board)
    variables: list[dict[str, Any]] = rendered["templating"]["list"]
    before: set[str] = set()
    for variable in variables:
        assert not names(str(variable["query"])) - before, variable["name"]
        before.add(variable["name"])
    used = {
        name
        for panel in panels(rendered)
        for target in panel["targets"]
        for name in names(target.get("expr") or target["rawSql"])
    }
    kinds = {variable["type"]: variable for variable in variables}
    assert used <= before
    assert before - used <= {"datasource", "database"} | names("".join(str(v["query"]) for v in variables))
    asked = {panel["datasource"]["uid"] for panel in panels(rendered)}
    assert asked <= {"${" + name + "}" for name in before}
    assert "datasource" in kinds


@EACH
def test_everything_is_filled_in(board: Dashboard) -> None:
    for asked in queries(render(board), VALUES, WINDOW):
        assert "$" not in asked.query, asked
        assert asked.query.count("(") == asked.query.count(")")
        assert asked.query.count("{") == asked.query.count("}")


def test_zeros_are_added_only_where_there_is_nothing() -> None:
    for board in ALL:
        for panel in board.panels:
            for query in panel.queries:
                if isinstance(query, Metric):
                    # Without `on ()` a line of zeros stands beside lines with labels.
                    assert not re.search(r"or\s+vector", query.expr), query.expr


def test_a_panel_asks_one_kind_of_datasource() -> None:
    with pytest.raises(ValueError, match="one kind of datasource"):
        graph("Both", "s", "Nothing.", Metric("up"), Rows("SELECT 1"))
    with pytest.raises(ValueError, match="one kind of datasource"):
        graph("None", "s", "Nothing.")


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool isn't on PATH")
def test_prometheus_reads_every_expression(tmp_path: Path) -> None:
    rules = [
        {
            "record": "x:y",
            "expr": asked.query,
            "labels": {"panel": str(asked.panel["id"]), "ref": asked.target["refId"], "board": board.name},
        }
        for board in ALL
        for asked in queries(render(board), VALUES, WINDOW)
        if not asked.of_rows
    ]
    assert len(rules) > 100
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    ran = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_rules_record_is_called_as_they_call_it() -> None:
    recorded = {rule.name for group in GROUPS for rule in group.rules if isinstance(rule, Record)}
    asked = {
        name
        for board in ALL
        for panel in board.panels
        for query in panel.queries
        if isinstance(query, Metric)
        for name in re.findall(r"\b[a-z_]+:[a-z_]+:[a-z0-9_]+", query.expr)
    }
    assert len(asked) > 3
    assert asked <= recorded
