"""A notebook as one HTML page that can do nothing: no script, no form, nothing fetched from elsewhere.

Whoever shows it adds a Content-Security-Policy of the same mind; neither relies on the other.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

# Nothing but its own styles and pictures that are in the page; the sandbox takes away scripts, forms and plugins.
POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'"
_SCRIPT = re.compile(r"<script\b[^>]*>.*?</script\s*>", re.IGNORECASE | re.DOTALL)


def page(notebook: Any, title: str, facts: Mapping[str, str]) -> str:
    """The page of a notebook, with a heading of facts about its run.

    Args:
        notebook: As nbformat has it.
        title: What the page is called.
        facts: Shown above it, in this order.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="basic", sanitize_html=True)
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    body, _ = exporter.from_notebook_node(notebook)
    # What the template itself adds is static text; a script in it would only be dead weight.
    return assemble(_SCRIPT.sub("", body), title, facts)


def assemble(body: str, title: str, facts: Mapping[str, str]) -> str:
    """The document around what nbconvert made."""
    rows = "".join(f"<dt>{html.escape(key)}</dt><dd>{html.escape(value)}</dd>" for key, value in facts.items())
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY.removeprefix("sandbox; ")}">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>\n"
        f"<body><header><h1>{html.escape(title)}</h1><dl>{rows}</dl></header>\n<main>{body}</main></body></html>\n"
    )


STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
header{border-bottom:1px solid #ccc;margin-bottom:1.5rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}
dt{color:#666}dd{margin:0;overflow-wrap:anywhere}
pre{font:13px/1.45 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
.input_area,.jp-InputArea,div.highlight{background:#f6f8fa;border-radius:4px;padding:.5rem .75rem;margin:.5rem 0}
.output_area,.jp-OutputArea-output{padding:.25rem .75rem;overflow-x:auto}
.output_error pre,[data-mime-type="application/vnd.jupyter.stderr"]{background:#fff1f0;padding:.5rem}
table{border-collapse:collapse;font-size:13px}td,th{border-bottom:1px solid #ddd;padding:.2rem .6rem;text-align:right}
img{max-width:100%}.highlight .k,.highlight .kn,.highlight .kc{color:#0a55a5;font-weight:600}
.highlight .s1,.highlight .s2,.highlight .sa{color:#a31515}.highlight .c1{color:#5c7a5c}.highlight .mi,.highlight .mf{color:#1c6e4a}
.highlight .nb,.highlight .nf{color:#6f3fb0}
"""
