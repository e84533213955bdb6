"""The spec of Grafana."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.kubernetes.spec import Resources, Spec
from components.kubernetes.vocabulary import Rotation


class GrafanaSpec(Spec):
    """Where dashboards are looked at. They are made in any case, as ConfigMaps that any Grafana's sidecar finds."""

    image: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z0-9.:-]+(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}$",
            max_length=512,
            examples=["registry.example.com/grafana@sha256:..."],
        ),
    ] = None
    """Image of Grafana, 10.2 or later, by digest, where it can be pulled. By default none runs: there is no package of
    Grafana that an image of ours could be built from."""

    resources: Resources = Resources(cpu="50m", memory="256Mi")
    """It takes about 100 MB when idle."""

    rotation: Rotation = 1
    """Raise it to change its admin's password."""
