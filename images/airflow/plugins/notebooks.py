"""Airflow loads this in each of its processes: so it names the pages of notebooks, and imports nothing of them."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """The pages, imported when somebody first asks for one."""
    from mlplatform_airflow.notebook_pages import application

    await application()(scope, receive, send)


class Notebooks(AirflowPlugin):  # type: ignore[misc]  # Airflow is in the image alone
    """What notebook jobs kept, read-only, behind Airflow's own sign-in."""

    name = "notebooks"
    fastapi_apps = [{"app": pages, "url_prefix": "/notebooks", "name": "notebooks"}]  # noqa: RUF012 - Airflow's type
    external_views = [  # noqa: RUF012 - Airflow's type
        {"name": "Notebooks", "href": "/notebooks/", "url_route": "notebooks", "destination": "nav"}
    ]
