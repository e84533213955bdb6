"""What a task calls to have a model served: `models.package("keywords")`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any


def package(service: str, *, missing_ok: bool = False) -> dict[str, Any] | None:
    """Pack what a model service of the team is to serve and have it rolled out. Again for the same version: nothing.

    Args:
        service: Its name, as under `models:` of the team's spec.
        missing_ok: Whether it is fine that the team has no such service.

    Returns:
        image, model, version, run, changed and annotation; None where there is no such service.

    Raises:
        mlplatform_packer.errors.PackError: It can't be done; with what would help.
    """
    # In the worker's image alone: Airflow's servers, which import DAG files, have no packer.
    from mlplatform_packer.errors import NoServiceError
    from mlplatform_packer.pack import package as pack

    try:
        return asdict(pack(service))
    except NoServiceError as error:
        if not missing_ok:
            raise
        print(f"package: nothing is served: {error.what}")
        return None
