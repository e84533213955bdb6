"""Features from definition to answer: made up, applied, put online, joined; and both sides compared."""

from __future__ import annotations

from airflow.sdk import dag, task
from mlplatform_airflow import features

CHECKS, CUSTOMERS, ROWS = 1000, 40, 800
NAMES = ("count", "mean", "kind", "last")
FEATURES = [f"e2e_counts:{name}" for name in NAMES]


@dag(schedule=None, is_paused_upon_creation=False, params={"seed": 1})
def shared_features() -> None:
    """One task, which says what it found as a line of JSON."""

    @task(executor_config=features.beside(), retries=0)
    def check(seed: int) -> str:
        import json
        import os
        import urllib.request
        from datetime import timedelta
        from pathlib import Path

        import boto3
        import numpy as np
        import pandas as pd

        random = np.random.default_rng(int(seed))
        base = int(seed) * 1000
        now = pd.Timestamp.now("UTC").floor("s")
        seconds = 60 * 86_400
        kept = pd.DataFrame(
            {"customer": base + random.integers(0, CUSTOMERS, ROWS), "ago": random.choice(seconds, ROWS, replace=False)}
        )
        kept["event_timestamp"] = now - pd.to_timedelta(kept.pop("ago") + 1, unit="s")
        kept["count"], kept["mean"] = random.integers(0, 10**9, ROWS), random.random(ROWS)
        kept["kind"] = random.choice(["a", "b", "ü"], ROWS)
        kept["last"] = [random.integers(0, 99, size).tolist() for size in random.integers(1, 5, ROWS)]
        path = Path("/tmp/e2e.parquet")
        kept.to_parquet(path, index=False)
        # In place of what runs before have left, whose values would be newer or older by chance.
        boto3.client("s3").put_object(
            Bucket=os.environ["TEAM_BUCKET"], Key="features/e2e_counts/rows.parquet", Body=path.read_bytes()
        )

        applied = features.apply(Path(__file__).with_name("definitions.py"))
        first = features.materialize(["e2e_counts"], since=(now - timedelta(days=30)).to_pydatetime())
        again = features.materialize(["e2e_counts"], since=(now - timedelta(days=30)).to_pydatetime())
        new = features.materialize(["e2e_counts"])

        def plain(customer: int, when: pd.Timestamp) -> list[object]:
            """By no more than a filter."""
            found = kept[(kept["customer"] == customer) & (kept["event_timestamp"] <= when)]
            found = found[found["event_timestamp"] >= when - timedelta(days=30)]
            return (
                list(found.loc[found["event_timestamp"].idxmax()][list(NAMES)]) if len(found) else [None] * len(NAMES)
            )

        def same(one: object, other: object) -> bool:
            missing = [value is None or (isinstance(value, float) and np.isnan(value)) for value in (one, other)]
            if any(missing):
                return all(missing)
            return np.array_equal(one, other) if isinstance(one, list | np.ndarray) else bool(one == other)

        asked = pd.DataFrame({"customer": base + random.integers(0, CUSTOMERS + 5, CHECKS)})
        asked["event_timestamp"] = now - pd.to_timedelta(random.integers(0, seconds + 86_400, CHECKS), unit="s")
        joined = features.training(asked, FEATURES)
        wrong = present = 0
        for row in joined.itertuples():
            wanted = plain(row.customer, row.event_timestamp)
            wrong += not all(same(getattr(row, name), value) for name, value in zip(NAMES, wanted, strict=True))
            present += wanted[0] is not None

        everybody = pd.DataFrame({"customer": range(base, base + CUSTOMERS + 5)}).assign(
            event_timestamp=pd.Timestamp.now("UTC")
        )
        offline = features.training(everybody, FEATURES)
        request = urllib.request.Request(
            f"{os.environ['FEATURES_URL']}/get-online-features",
            json.dumps({"features": FEATURES, "entities": {"customer": everybody["customer"].tolist()}}).encode(),
            {"Authorization": f"Bearer {os.environ['FEATURES_KEY']}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            found = json.loads(answer.read())
        names = found["metadata"]["feature_names"]
        online = {name: found["results"][names.index(name)]["values"] for name in NAMES}
        apart = sum(
            not same(offline[name].iloc[index], online[name][index]) for name in NAMES for index in everybody.index
        )
        result = {
            "applied": applied,
            "materialized": [first, again, new],
            "checks": len(joined),
            "present": present,
            "wrong": wrong,
            "online": sum(value is not None for value in online["count"]),
            "apart": apart,
        }
        print(f"found: {json.dumps(result)}")
        return json.dumps(result)

    check("{{ params.seed }}")


shared_features()
