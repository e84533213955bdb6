"""What is shown of notebooks, and that nothing of it runs."""

from __future__ import annotations

import pytest

from images.airflow.mlplatform_airflow import notebook_pages


def directives(policy: str) -> dict[str, str]:
    return {part.strip().split(" ")[0]: part.strip().partition(" ")[2] for part in policy.split(";")}


def test_a_page_is_shown_in_a_sandbox_with_nothing_allowed() -> None:
    found = directives(notebook_pages.HEADERS["Content-Security-Policy"])
    assert found["sandbox"] == ""
    assert found["default-src"] == "'none'"
    assert found["form-action"] == "'none'"
    assert found["frame-ancestors"] == "'self'"
    assert "script-src" not in found
    assert notebook_pages.HEADERS["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in notebook_pages.HEADERS["Cache-Control"]


def test_the_list_runs_nothing_either() -> None:
    found = directives(notebook_pages.LIST_HEADERS["Content-Security-Policy"])
    assert "allow-scripts" not in found["sandbox"]
    assert found["default-src"] == "'none'"


@pytest.mark.parametrize("part", ["", "..", ".", "a/b", "a b", "<b>", "a?b", "a%2fb"])
def test_no_name_leads_elsewhere(part: str) -> None:
    assert not notebook_pages.known("dag", part, "task")


def test_names_of_airflow_are_names() -> None:
    assert notebook_pages.known("my.dag-1", "manual__2026-11-29T19:00:00.123+00:00_x~1", "report-3")


def test_the_list_has_links_and_no_markup_of_others() -> None:
    text = notebook_pages.listing([("notebooks/dag/run+1/<b>x", "2026-11-29 19:00")])
    assert "<b>" not in text
    assert 'href="dag/run%2B1/%3Cb%3Ex"' in text
    assert "No notebook" in notebook_pages.listing([])
