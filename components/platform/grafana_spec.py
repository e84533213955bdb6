"""The spec of Grafana."""

from __future__ import annotations

from components.kubernetes.spec import Resources, Spec
from components.kubernetes.vocabulary import ImageReference, Rotation


class GrafanaSpec(Spec):
    """Where dashboards are looked at. They are made in any case, as ConfigMaps that any Grafana's sidecar finds."""

    image: ImageReference | None = None
    """Image of Grafana, 10.2 or later, by digest, where it can be pulled. By default none runs: there is no package of
    Grafana that an image of ours could be built from."""

    resources: Resources = Resources(cpu="50m", memory="256Mi")
    """It takes about 100 MB when idle."""

    rotation: Rotation = 1
    """Raise it to change its admin's password."""
