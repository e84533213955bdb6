"""Every query of every dashboard, asked of the running Prometheus and of a team's Postgres while a model is in use."""

from __future__ import annotations

import time
import xml.etree.ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.platform.dashboards import ALL
from components.platform.dashboards.model import Dashboard
from components.platform.dashboards.render import render
from tests.support.cluster import Cluster
from tests.support.dashboards import live
from tests.support.dashboards.answers import Sources
from tests.support.dashboards.asking import fault, queries
from tests.support.dashboards.filling import Window
from tests.support.dashboards.traffic import Traffic
from tests.support.draw_dashboards import draw_all
from tests.support.model_services import ModelService
from tests.support.refused import Refused

TEAM, MODEL = "search", "keywords"
SHOWN_SECONDS = 15 * 60
STEP = 15
PATIENCE = 50
"""Seconds until everything has been scraped twice while requests came: no rate is there before."""


@dataclass(frozen=True)
class Use:
    """What is asked, while people use a model of team search."""

    sources: Sources
    wanted: dict[str, str]
    traffic: Traffic


@pytest.fixture(scope="module")
def use(cluster: Cluster, ingress: str, tuned_early: None) -> Iterator[Use]:
    service = ModelService(cluster, TEAM, MODEL, ingress)
    if not service.package_now:
        service.mlp("package").must_succeed()
    package = service.package_now
    assert package
    wanted = {"team": TEAM, "model": MODEL, "registered": package.model}
    with Traffic(service) as traffic:
        yield Use(live.sources(TEAM), wanted, traffic)


def window() -> Window:
    end = int(time.time())
    return Window(end - SHOWN_SECONDS, end, STEP)


# The model may have to be packed first.
@pytest.mark.timeout(300)
def test_every_query_answers(use: Use, say: Callable[[str], None]) -> None:
    begun, waiting, right = time.monotonic(), list(ALL), 0
    faults: list[str] = []
    while waiting and time.monotonic() - begun < PATIENCE:
        looked = [(board, *look(board, use)) for board in waiting]
        waiting = [board for board, _, wrong in looked if wrong]
        faults = [fault for _, _, wrong in looked for fault in wrong]
        right += sum(count for _, count, wrong in looked if not wrong)
        time.sleep(2 if waiting else 0)
    assert not faults, "\n".join(faults)
    assert use.traffic.sent > 10
    assert not use.traffic.failed, use.traffic.failed[:3]
    seconds = time.monotonic() - begun
    say(f"dashboards: all {right} queries of {len(ALL)} dashboards answer, {seconds:.0f} s after people began to ask")


def look(board: Dashboard, use: Use) -> tuple[int, list[str]]:
    """How many queries a dashboard has, and what is wrong with which."""
    rendered, shown = render(board), window()
    try:
        values = use.sources.choose(rendered, use.wanted, shown)
    except (AssertionError, Refused) as error:
        return 0, [str(error)]
    asked = list(queries(rendered, values, shown))
    found = [(one, fault(one, use.sources, time.time())) for one in asked]
    return len(asked), [f"{one}\n  {wrong}" for one, wrong in found if wrong]


@pytest.mark.timeout(PATIENCE + 120)
def test_every_dashboard_can_be_drawn(use: Use, tmp_path: Path) -> None:
    end = time.monotonic() + PATIENCE
    # What answers for now may have no value yet at any of a picture's steps, where nothing was ever served before.
    while lacking := drawn_without_data(use, tmp_path):
        assert time.monotonic() < end, f"no data in {lacking}"
        time.sleep(2)


def drawn_without_data(use: Use, folder: Path) -> list[str]:
    """Draw all; the pictures in which a panel has no data."""
    pictures = draw_all(use.sources, use.wanted, folder, SHOWN_SECONDS // 60)
    assert [picture.stem for picture in pictures] == [board.name for board in ALL]
    lacking = []
    for picture, board in zip(pictures, ALL, strict=True):
        drawn = xml.etree.ElementTree.parse(picture)
        texts = ["".join(text.itertext()) for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
        assert {panel.title for panel in board.panels} <= set(texts)
        if "No data" in texts:
            lacking.append(picture.name)
    return lacking
