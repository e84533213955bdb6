"""Answers of a Prometheus 2.42 and a PostgreSQL 15, as they were given, in place of live ones."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import Any, cast

from tests.support.dashboards.answers import Prometheus
from tests.support.web import Site

ANSWERS: dict[tuple[str, str], Any] = {
    ("query", "up"): {
        "resultType": "vector",
        "result": [
            {"metric": {"__name__": "up", "job": "git", "pod": "git-0"}, "value": [1796051040, "1"]},
            {"metric": {"__name__": "up", "job": "mlflow", "pod": "mlflow-a"}, "value": [1796051040, "0"]},
        ],
    },
    ("query", "time()"): {"resultType": "scalar", "result": [1796051040, "1796051040"]},
    ("query", "absent(up)"): {"resultType": "vector", "result": []},
    ("query", "count(up)"): {"resultType": "vector", "result": [{"metric": {}, "value": [1796051040, "2"]}]},
    ("query", "0/0"): {"resultType": "scalar", "result": [1796051040, "NaN"]},
    ("query_range", "rate(x[60s])"): {
        "resultType": "matrix",
        "result": [
            {
                "metric": {"code": "200"},
                "values": [[1796050920, "1.5"], [1796050950, "2.5"], [1796050980, "NaN"], [1796051040, "2"]],
            },
            {"metric": {"code": "500"}, "values": [[1796050920, "0"], [1796051040, "0.5"]]},
        ],
    },
    ("label/namespace/values", "kube_resourcequota"): ["mlp-platform", "team-recsys", "team-search"],
    ("label/model/values", 'mlplatform_model_replicas{namespace_of="team-search"}'): ["keywords"],
}


class Answers:
    """A site that has only what is recorded, and refuses the rest as Prometheus does."""

    def ask(self, method: str, path: str, headers: Mapping[str, str]) -> Any:
        assert method == "GET"
        route, _, text = path.removeprefix("/api/v1/").partition("?")
        asked = {key: value for key, (value,) in urllib.parse.parse_qs(text).items()}
        key = (route, asked.get("query") or asked["match[]"])
        if key not in ANSWERS:
            raise AssertionError(f'prometheus: GET {path}: 400 b\'{{"status":"error","error":"parse error"}}\'')
        return {"status": "success", "data": ANSWERS[key]}


class Rows:
    """psql -At: one line, the JSON of all rows."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def run(self, statement: str) -> list[str]:
        self.asked.append(statement)
        if "DISTINCT" in statement:
            return ['[{"model":"keyword-recommender"}]']
        if "empty" in statement:
            return ["[]"]
        return [
            '[{"time":1796050920,"metric":"3","value":0.25}, ',
            ' {"time":1796050920,"metric":"4","value":0.5}, ',
            ' {"time":1796050980,"metric":"3","value":null}]',
        ]


def prometheus() -> Prometheus:
    return Prometheus(cast(Site, Answers()), {})
