"""A query to Postgres, which the SDK doesn't have a type of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.cog import builder, variants

TYPE = "grafana-postgresql-datasource"
"""Since Grafana 10.2; older ones take it as another name of `postgres`."""


@dataclass(frozen=True)
class SqlQuery(variants.Dataquery):
    """Raw SQL; Grafana fills in macros such as $__timeFilter(column)."""

    sql: str
    shape: Literal["time_series", "table"]
    ref_id: str

    def to_json(self) -> dict[str, object]:
        """As Grafana stores it."""
        return {
            "editorMode": "code",
            "format": self.shape,
            "rawQuery": True,
            "rawSql": self.sql,
            "refId": self.ref_id,
        }


@dataclass(frozen=True)
class Dataquery(builder.Builder[variants.Dataquery]):
    """What panels of the SDK take."""

    query: SqlQuery

    def build(self) -> SqlQuery:
        """The query."""
        return self.query
