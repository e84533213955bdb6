"""Counts that a test makes up, as features."""

from __future__ import annotations

import os
from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Array, Float64, Int64, String

source = FileSource(
    name="e2e_counts",
    path=f"s3://{os.environ['TEAM_BUCKET']}/features/e2e_counts",
    timestamp_field="event_timestamp",
    s3_endpoint_override=os.environ.get("AWS_ENDPOINT_URL_S3", ""),
)
customer = Entity(name="customer", join_keys=["customer"], value_type=ValueType.INT64)
e2e_counts = FeatureView(
    name="e2e_counts",
    entities=[customer],
    ttl=timedelta(days=30),
    schema=[
        Field(name="customer", dtype=Int64),
        Field(name="count", dtype=Int64),
        Field(name="mean", dtype=Float64),
        Field(name="kind", dtype=String),
        Field(name="last", dtype=Array(Int64)),
    ],
    source=source,
)
e2e_service = FeatureService(name="e2e_service", features=[e2e_counts[["count", "kind"]]])
