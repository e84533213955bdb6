"""The page of a notebook; what nbconvert makes of one is tried in the image's smoke test."""

from __future__ import annotations

import re

from images.notebook.mlplatform_notebook import rendering


def test_facts_are_text_and_nothing_else() -> None:
    text = rendering.assemble("<p>body</p>", "<script>t</script>", {"a<b": "<img src=x onerror=alert(1)>"})
    assert "<p>body</p>" in text
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;t&lt;/script&gt;" in text


def test_the_page_itself_forbids_what_could_run_or_ask() -> None:
    text = rendering.assemble("", "t", {})
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    sources = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert sources["default-src"] == "'none'"
    assert sources["img-src"] == "data:"
    assert "script-src" not in sources
    assert "connect-src" not in sources


def test_scripts_and_styles_of_outputs_go_and_the_notebook_stays_as_it_is() -> None:
    notebook = {
        "cells": [
            {"source": "text"},
            {
                "outputs": [
                    {"data": {"text/html": "<b>x</b><SCRIPT>bad()</SCRIPT >", "application/javascript": "bad()"}},
                    {"data": {"text/html": ["<style scoped>\n", "b {}</style>", "<i>y</i>"]}},
                    {"output_type": "stream", "text": "z"},
                ]
            },
        ]
    }
    made = rendering.without_dead_weight(notebook)["cells"][1]["outputs"]
    assert made[0]["data"] == {"text/html": "<b>x</b>"}
    assert made[1]["data"] == {"text/html": "<i>y</i>"}
    assert "bad()" in str(notebook)


def test_what_an_output_may_have_can_neither_run_nor_ask() -> None:
    assert (
        not {"script", "style", "iframe", "object", "embed", "form", "input", "base", "link", "meta"} & rendering.TAGS
    )
    allowed = {name for names in rendering.ATTRIBUTES.values() for name in names}
    assert not [name for name in allowed if name.startswith("on") or name == "style"]
    assert "javascript" not in rendering.PROTOCOLS
