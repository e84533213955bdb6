"""A notebook as one HTML page that can do nothing: no script, no form, nothing fetched from elsewhere.

Whoever shows it adds a Content-Security-Policy of the same mind; neither relies on the other.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'"
"""In the page itself: its own styles and the pictures that are in it. The sandbox can only be said by who serves it."""
STYLE = Path(__file__).with_name("style.css")
TAGS = frozenset(
    re.findall(
        r"\w+",
        "a abbr b blockquote br caption code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p "
        "pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul var",
    )
)
"""What an output or a text may have. None of them runs, asks or takes the page over."""
ATTRIBUTES = {"*": ["class", "title"], "a": ["href"], "img": ["src", "alt", "width", "height"], "td": ["colspan"]}
PROTOCOLS = ("http", "https", "mailto", "data")
_DEAD = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)


def page(notebook: Any, title: str, facts: Mapping[str, str]) -> str:
    """The page of a notebook, with a heading of facts about its run.

    Args:
        notebook: As nbformat has it.
        title: What the page is called.
        facts: Shown above it, in this order.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="basic", sanitize_html=True)
    # nbconvert's own escapes every table and heading.
    exporter.register_filter("clean_html", clean)
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    body, _ = exporter.from_notebook_node(without_dead_weight(notebook))
    # What the template itself adds is static; a script in it would only be dead weight.
    return assemble(_DEAD.sub("", body), title, facts)


def clean(text: str) -> str:
    """HTML with what is allowed, the rest as text."""
    import bleach

    return str(bleach.clean("".join(text), tags=TAGS, attributes=ATTRIBUTES, protocols=PROTOCOLS))


def without_dead_weight(notebook: Any) -> Any:
    """A copy without the scripts and styles of its outputs: sanitising would show them as text."""
    copied = deepcopy(notebook)
    for cell in copied["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            data.pop("application/javascript", None)
            if "text/html" in data:
                data["text/html"] = _DEAD.sub("", "".join(data["text/html"]))
    return copied


def assemble(body: str, title: str, facts: Mapping[str, str]) -> str:
    """The document around what nbconvert made."""
    rows = "".join(f"<dt>{html.escape(key)}</dt><dd>{html.escape(value)}</dd>" for key, value in facts.items())
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{html.escape(title)}</title><style>\n{STYLE.read_text()}</style></head>\n"
        f"<body><header><h1>{html.escape(title)}</h1><dl>{rows}</dl></header>\n<main>{body}</main></body></html>\n"
    )
