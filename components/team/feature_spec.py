"""The spec of a team's feature store."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.kubernetes.spec import Resources, Spec

Hours = Annotated[int, Field(strict=True, ge=1, le=10_000, examples=[48])]


class FeatureStoreSpec(Spec):
    """Features of the team: defined once, joined to training data as they were, served as they are."""

    server: Resources = Resources(cpu="50m", memory="160Mi")
    """The server that answers with values: 55 MB, and little more under load. Its cpu is also its share of a busy node:
    with less than what runs beside it, answers come late."""

    worker: Resources = Resources(cpu="50m", memory="768Mi")
    """Container beside a task that puts values online or joins training data: all of Feast, 200 MB, and the data."""

    stale_after_hours: Hours = 48
    """After so long without new values of a view alert FeaturesStale fires. The tag `stale_after_seconds` of a view
    says otherwise for it alone."""
