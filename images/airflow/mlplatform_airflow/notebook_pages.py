"""Pages of what notebook jobs kept, for who is signed in to the team's Airflow and may see the DAG.

A notebook's output is other people's HTML: it is shown in a sandbox of the browser, without script, form or anything
from elsewhere, whatever its maker left in it.
"""

from __future__ import annotations

import html
import os
import re
from functools import cache
from typing import Any
from urllib.parse import quote

from .notebook_files import TOP, Kept

# Nothing runs, nothing is fetched, nobody else frames it.
POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}
# A list of links that lead out of a frame to the pages; it is ours.
LIST_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": POLICY.replace(
        "sandbox;", "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox;"
    ),
}
PART = re.compile(r"[A-Za-z0-9_.~:+-]+")
MOST_BYTES = 64 * 2**20
LISTED = 500
STYLE = """
body { font: 15px/1.6 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
td { padding: .1rem 1rem .1rem 0 }
"""


def known(*parts: str) -> bool:
    """Whether these can be names of a DAG, a run and a task, and no way to elsewhere."""
    return all(PART.fullmatch(part) and set(part) != {"."} for part in parts)


def links(dag: str, run: str, task: str) -> str:
    """The path of a page below the prefix."""
    return "/".join(quote(part, safe="") for part in (dag, run, task))


def listing(items: list[tuple[str, str]]) -> str:
    """The page that lists what is kept: (key without its ending, when), the newest first."""
    rows = []
    for key, when in items:
        dag, run, task = key.removeprefix(f"{TOP}/").split("/")
        text = f"{html.escape(dag)} · {html.escape(task)}"
        rows.append(
            f'<tr><td>{html.escape(when)}</td><td><a target="_blank" href="{links(dag, run, task)}">{text}</a></td>'
            f'<td>{html.escape(run)}</td><td><a href="{links(dag, run, task)}?download=1">ipynb</a></td></tr>'
        )
    body = f"<table>{''.join(rows)}</table>" if rows else "<p>No notebook has run as a task yet.</p>"
    head = f'<meta charset="utf-8"><title>Notebooks</title><style>{STYLE}</style>'
    return f'<!DOCTYPE html><html lang="en">{head}<h1>Notebooks</h1>{body}</html>'


@cache
def _store() -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client("s3", config=Config(connect_timeout=3, read_timeout=20, retries={"max_attempts": 2}))


def _read(key: str) -> bytes | None:
    """An object of the team's bucket; None if there is none."""
    from botocore.exceptions import ClientError

    try:
        answer = _store().get_object(Bucket=os.environ["TEAM_BUCKET"], Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    if answer["ContentLength"] > MOST_BYTES:
        return b"This page is too large to be shown; take the notebook itself: add ?download=1 to the address."
    return bytes(answer["Body"].read())


def _kept() -> list[tuple[str, str]]:
    """What is kept, the newest first: (key without its ending, when)."""
    found: list[tuple[Any, str]] = []
    for page in _store().get_paginator("list_objects_v2").paginate(Bucket=os.environ["TEAM_BUCKET"], Prefix=f"{TOP}/"):
        for item in page.get("Contents", ()):
            key = str(item["Key"])
            if key.endswith(".ipynb") and key.count("/") == 3:
                found.append((item["LastModified"], key.removesuffix(".ipynb")))
    found.sort(reverse=True)
    return [(key, f"{when:%Y-%m-%d %H:%M}") for when, key in found]


@cache
def application() -> Any:
    """The pages as an application that Airflow's api-server mounts."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
    from fastapi import Depends, FastAPI, HTTPException, Request
    from fastapi.responses import HTMLResponse, RedirectResponse, Response
    from starlette.exceptions import HTTPException as Failed

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(Failed)  # type: ignore[untyped-decorator]  # Airflow is in the image alone
    async def failed(request: Request, error: Failed) -> Response:
        """Who isn't signed in does so first, and comes back; anything else is said."""
        if error.status_code == 401 and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(f"/api/v2/auth/login?next={quote(str(request.url), safe='')}", 307)
        text = f"<!DOCTYPE html><title>{error.status_code}</title><p>{html.escape(str(error.detail))}"
        return HTMLResponse(text, error.status_code, HEADERS)

    def index(user: Any = Depends(get_user)) -> Response:  # noqa: B008 - FastAPI's way
        allowed = get_auth_manager().get_authorized_dag_ids(user=user)
        items = [item for item in _kept() if item[0].split("/")[1] in allowed]
        return HTMLResponse(listing(items[:LISTED]), headers=LIST_HEADERS)

    def show(dag_id: str, run_id: str, task: str, download: bool = False) -> Response:
        if not known(dag_id, run_id, task):
            raise HTTPException(404, "there is no such notebook")
        key = Kept(dag_id, run_id, task).key
        if download:
            if (body := _read(f"{key}.ipynb")) is None:
                raise HTTPException(404, "there is no such notebook")
            name = {"Content-Disposition": f'attachment; filename="{task}.ipynb"'}
            return Response(body, headers={**HEADERS, **name}, media_type="application/x-ipynb+json")
        if (body := _read(f"{key}.html")) is None:
            raise HTTPException(404, "there is no page of this notebook (yet): it is made when the notebook has ended")
        return Response(body, headers=HEADERS, media_type="text/html; charset=utf-8")

    app.add_api_route("/", index, methods=["GET"], response_model=None)
    # The DAG's own permission: who may not see it sees nothing of its notebooks.
    allowed = [Depends(requires_access_dag("GET"))]
    app.add_api_route("/{dag_id}/{run_id}/{task}", show, methods=["GET"], dependencies=allowed, response_model=None)
    return app
