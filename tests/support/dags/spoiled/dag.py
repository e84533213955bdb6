"""The example's data contract, shown ratings that break it. Needs `keyword_recommender` in the same repository."""

from __future__ import annotations

from airflow.sdk import Param, dag, task


@dag(schedule=None, is_paused_upon_creation=False, params={"rating": Param(9, type="number")})
def spoiled() -> None:
    """Deliver ratings of which three are `rating`, and show them to the contract."""

    @task
    def deliver(params: dict[str, float]) -> str:
        from keyword_recommender import bucket, days, steps

        rows = days.arriving(days.FIRST)
        rows.loc[:2, "rating"] = params["rating"]
        return bucket.Folder("spoiled", days.FIRST).put(steps.INCOMING, steps.to_csv(rows))

    @task
    def data_contract(_delivered: str) -> str:
        from keyword_recommender import bucket, days, steps, stops

        with stops.at_once():
            return steps.data_contract(bucket.Folder("spoiled", days.FIRST))

    @task
    def train(key: str) -> None:
        raise AssertionError(f"{key} breaks the contract and reached training")

    # Airflow fills `params` in.
    train(data_contract(deliver()))  # type: ignore[call-arg]


spoiled()
