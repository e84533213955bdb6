"""1,000 random rows of training data, joined by Feast and by plain pandas; and the registry, asked by Feast itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FOLDER = Path("/tmp/smoke")
CHECKS = 1000
DEFINITIONS = """
from datetime import timedelta
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Array, Float64, Int64

user = Entity(name="user", join_keys=["user"], value_type=ValueType.INT64)
fields = [Field(name="user", dtype=Int64), Field(name="n", dtype=Int64), Field(name="mean", dtype=Float64)]
views = {ttl: FeatureView(
    name=f"stats_{ttl}", entities=[user], ttl=timedelta(hours=ttl), schema=fields,
    source=FileSource(name=f"source_{ttl}", path="/tmp/smoke/data", timestamp_field="event_timestamp"),
) for ttl in (0, 30)}
forever, short = views[0], views[30]
"""


def rows(random: np.random.Generator) -> pd.DataFrame:
    """Values of 20 users at times of their own: no user has two at once."""
    start, count = pd.Timestamp("2026-01-01", tz="UTC"), 600
    frame = pd.DataFrame({"user": random.integers(0, 20, count), "minute": random.integers(0, 10_000, count)})
    frame = frame.drop_duplicates()
    frame["event_timestamp"] = start + pd.to_timedelta(frame.pop("minute"), unit="min")
    frame["n"], frame["mean"] = np.arange(len(frame)), random.random(len(frame))
    return frame


def asked(random: np.random.Generator, kept: pd.DataFrame) -> pd.DataFrame:
    """Who is asked about, and when: some at the very moment of a value, some who have none."""
    times = pd.Timestamp("2025-12-31", tz="UTC") + pd.to_timedelta(random.integers(0, 13_000, CHECKS), unit="min")
    frame = pd.DataFrame({"user": random.integers(0, 22, CHECKS), "event_timestamp": times})
    exact = kept.sample(100, random_state=7)
    frame.loc[frame.index[:100], ["user", "event_timestamp"]] = exact[["user", "event_timestamp"]].to_numpy()
    return frame.assign(user=frame["user"].astype("int64"), number=np.arange(CHECKS))


def plain(kept: pd.DataFrame, user: int, when: pd.Timestamp, ttl: timedelta | None) -> tuple[float, float]:
    """What was known of a user then, by no more than a filter."""
    found = kept[(kept["user"] == user) & (kept["event_timestamp"] <= when)]
    if ttl is not None:
        found = found[found["event_timestamp"] >= when - ttl]
    if found.empty:
        return np.nan, np.nan
    last = found.loc[found["event_timestamp"].idxmax()]
    return float(last["n"]), float(last["mean"])


def check_joins() -> None:
    """Both agree on every row, or this ends the build."""
    from mlplatform_features import jobs

    random = np.random.default_rng(20261129)
    kept = rows(random)
    for part, name in ((kept.iloc[::2], "a"), (kept.iloc[1::2], "b")):
        part.to_parquet(FOLDER / "data" / f"{name}.parquet", index=False)
    questions = asked(random, kept)
    questions.to_parquet(FOLDER / "asked.parquet", index=False)
    present = 0
    for view, ttl in (("stats_0", None), ("stats_30", timedelta(hours=30))):
        jobs.training(str(FOLDER / "asked.parquet"), [f"{view}:n", f"{view}:mean"], str(FOLDER / "joined.parquet"))
        joined = pd.read_parquet(FOLDER / "joined.parquet")
        assert joined["number"].tolist() == list(range(CHECKS)), "rows are lost or out of order"
        for row in joined.itertuples():
            wanted = plain(kept, row.user, row.event_timestamp, ttl)
            assert np.array_equal([row.n, row.mean], wanted, equal_nan=True), (view, row, wanted)
            present += not np.isnan(row.n)
    assert 200 < present < 2 * CHECKS, present
    print(f"point-in-time joins: {CHECKS} rows, with and without ttl, as plain pandas has them; {present} values")


class Memory:
    """What the registry keeps, for a moment."""

    def __init__(self) -> None:
        self.objects: dict[Any, Any] = {}
        self.keys: dict[Any, Any] = {}
        self.put = lambda kind, project, name, message: self.objects.update({(kind.table, project, name): message})
        self.get = lambda kind, project, name: self.objects.get((kind.table, project, name))
        self.projects = lambda: sorted({name for table, _, name in self.objects if table == "projects"})
        self.team = self.keys.get

    def all(self, kind: Any, project: str) -> list[Any]:
        """Messages of a kind, by name."""
        at = {
            name: one for (table, where, name), one in self.objects.items() if (table, where) == (kind.table, project)
        }
        return [at[name] for name in sorted(at)]


def check_registry() -> None:
    """Feast's own client against our registry: a project of its own, a grant, and no code."""
    from feast import (
        Entity,
        FeatureStore,
        FeatureView,
        KafkaSource,
        OnDemandFeatureView,
        RepoConfig,
        RequestSource,
        ValueType,
    )
    from feast.data_format import JsonFormat
    from feast.errors import FeastPermissionError
    from feast.field import Field
    from feast.permissions.action import AuthzedAction
    from feast.permissions.permission import Permission
    from feast.permissions.policy import RoleBasedPolicy
    from feast.types import Int64
    from mlplatform_features import jobs, registry, registry_grpc

    kept = Memory()
    kept.keys.update({registry.digest(f"key-of-{team}"): f"team_{team}" for team in ("search", "recsys")})
    served, port = registry_grpc.server(registry.Catalogue(kept), "127.0.0.1:0")
    served.start()

    def store(team: str, project: str, key: str = "") -> FeatureStore:
        return FeatureStore(
            config=RepoConfig(
                project=project,
                provider="local",
                registry={"registry_type": "remote", "path": f"127.0.0.1:{port}"},
                auth={"type": "oidc", "token": key or f"key-of-{team}"},
                online_store={"type": "remote", "path": "http://127.0.0.1:1"},
                offline_store={"type": "file"},
                entity_key_serialization_version=3,
            )
        )

    def refused(act: Callable[[], object]) -> None:
        try:
            act()
        except FeastPermissionError:
            return
        raise AssertionError("it was allowed")

    own, other = store("search", "team_search"), store("recsys", "team_search")
    objects = jobs.load(str(FOLDER / "repo"))
    own.apply(objects)
    own.apply(objects)
    assert sorted(view.name for view in own.list_feature_views()) == ["stats_0", "stats_30"]
    assert other.list_feature_views() == other.list_entities() == other.list_data_sources() == []
    assert [one.name for one in store("recsys", "team_recsys").list_projects()] == []
    reading = [AuthzedAction.DESCRIBE, AuthzedAction.READ_ONLINE]
    policy = RoleBasedPolicy(roles=["team-recsys"])
    own.apply([Permission(name="p", types=[FeatureView], name_patterns=["stats_0"], actions=reading, policy=policy)])
    assert [view.name for view in other.list_feature_views()] == ["stats_0"]
    assert [one.name for one in other.list_entities()] == ["user"]
    evil = Entity(name="evil", join_keys=["evil"], value_type=ValueType.INT64)
    refused(lambda: other.apply([evil]))
    refused(lambda: other.delete_feature_view("stats_0"))
    refused(lambda: store("search", "team_search", "nobody's").list_feature_views())
    source = RequestSource(name="given", schema=[Field(name="x", dtype=Int64)])
    code = OnDemandFeatureView(
        name="code", sources=[source], schema=[Field(name="y", dtype=Int64)], udf=lambda frame: frame, udf_string="",
        mode="pandas",
    )  # fmt: skip
    refused(lambda: own.registry.apply_feature_view(code, "team_search"))
    slow = Permission(name="slow", types=[FeatureView], name_patterns=["(a+)+$"], actions=reading, policy=policy)
    refused(lambda: own.apply([slow]))
    text = JsonFormat("x int")
    elsewhere = KafkaSource(
        name="elsewhere", kafka_bootstrap_servers="x", message_format=text, timestamp_field="t", topic="x"
    )
    refused(lambda: own.registry.apply_data_source(elsewhere, "team_search"))
    long = own.get_feature_view("stats_0")
    long.name = "a" * 60
    refused(lambda: own.registry.apply_feature_view(long, "team_search"))
    with ThreadPoolExecutor(4) as threads:
        assert (
            len(
                {tuple(found) for found in threads.map(lambda _: [v.name for v in own.list_feature_views()], range(20))}
            )
            == 1
        )
    served.stop(0)
    print("registry: a project of its own, a grant, and no code")


def main() -> None:
    """Both, with files in place of servers."""
    for name in ("data", "repo"):
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
    (FOLDER / "repo" / "definitions.py").write_text(DEFINITIONS)
    config = {
        "project": "smoke",
        "provider": "local",
        "registry": str(FOLDER / "registry.db"),
        "offline_store": {"type": "file"},
        "online_store": {"type": "sqlite", "path": str(FOLDER / "online.db")},
        "entity_key_serialization_version": 3,
    }
    (FOLDER / "feature_store.yaml").write_text(json.dumps(config))
    os.environ["FEAST_FS_YAML_FILE_PATH"] = str(FOLDER / "feature_store.yaml")
    os.environ["MLP_TRACE"] = "1"
    from mlplatform_features import jobs

    jobs.apply(str(FOLDER / "repo"))
    check_joins()
    check_registry()


if __name__ == "__main__":
    main()
