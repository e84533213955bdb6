"""What the team's feature store keeps of users and items: defined here once, for training and for serving.

Applied by the pipeline (`steps.features`), read in a container that has Feast and nothing else of this package.
"""

from __future__ import annotations

import os
from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Array, Float64, Int64

FOR_EVER = timedelta(0)


def _files(name: str) -> FileSource:
    """A file a day in the team's bucket (`profiles.key`)."""
    return FileSource(
        name=name,
        path=f"s3://{os.environ['TEAM_BUCKET']}/features/{name}",
        timestamp_field="event_timestamp",
        s3_endpoint_override=os.environ.get("AWS_ENDPOINT_URL_S3", ""),
    )


user = Entity(name="user", join_keys=["user"], value_type=ValueType.INT64, description="Who rates.")
item = Entity(name="item", join_keys=["item"], value_type=ValueType.INT64, description="What is rated.")

user_statistics = FeatureView(
    name="user_statistics",
    description="What a user has used so far, oldest first, and how they rated it.",
    entities=[user],
    ttl=FOR_EVER,
    schema=[
        Field(name="user", dtype=Int64),
        Field(name="history", dtype=Array(Int64)),
        Field(name="ratings", dtype=Int64),
        Field(name="mean_rating", dtype=Float64),
    ],
    source=_files("user_statistics"),
)
item_statistics = FeatureView(
    name="item_statistics",
    description="How many have used an item so far, which share of all users that is, and how they rated it.",
    entities=[item],
    ttl=FOR_EVER,
    schema=[
        Field(name="item", dtype=Int64),
        Field(name="users", dtype=Int64),
        Field(name="popularity", dtype=Float64),
        Field(name="mean_score", dtype=Float64),
    ],
    source=_files("item_statistics"),
)
recommendation = FeatureService(
    name="recommendation",
    description="What the model is trained on and asked with.",
    features=[user_statistics[["history"]]],
)
