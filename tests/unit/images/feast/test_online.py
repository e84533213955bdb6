"""From a question to its answer, and rows on their way online."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from images.feast.mlplatform_features import metrics, online, values, writing
from images.feast.mlplatform_features.online import QuestionError
from images.feast.mlplatform_features.problem import NotAllowedError
from images.feast.mlplatform_features.views import Project, View

NOW = 1_000_000.0
USERS = View("users", "team_search_users", ("n", "mean"), (("user", values.INT64),), 3600, 1.0, 900.0, 100.0)
PAIRS = View("pairs", "team_search_pairs", ("n",), (("user", values.INT64), ("kind", values.STRING)), 0, 5.0, 0.0, 9.0)
PROJECT = Project("team_search", {"users": USERS, "pairs": PAIRS}, {"both": (("users", "mean"), ("pairs", "n"))})


class Message:
    """Feast's messages, as far as they are asked."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "int64_val" and not -(2**63) <= value < 2**63:
            raise ValueError("out of range")
        self.__dict__[name] = value

    @staticmethod
    def FromString(body: bytes) -> Any:  # noqa: N802 - as protobuf has it
        kind, _, text = body.decode().partition(":")
        value: Any = {"null": None, "int": lambda: int(text), "float": lambda: float(text)}.get(kind)
        name = {"null": None, "int": "int64_val", "float": "double_val", "list": "int64_list_val"}[kind]
        if kind == "list":
            found: Any = SimpleNamespace(val=[int(one) for one in text.split(",")])
        else:
            found = value() if value else None
        return SimpleNamespace(WhichOneof=lambda _: name, **({name: found} if name else {}))


@pytest.fixture(autouse=True)
def feast(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its own messages are in the image alone, whose smoke test uses them."""

    def encode(key: Any, version: int) -> bytes:
        assert version == 3
        return repr([list(key.join_keys), [sorted(vars(value).items()) for value in key.entity_values]]).encode()

    monkeypatch.setattr(values, "messages", lambda: values.Messages(Message, Message, encode))
    yield


def key(user: Any) -> bytes:
    return values.key(["user"], [values.INT64], [user])


def ask(body: Any, readable: list[str] | None = None) -> online.Question:
    return online.parse(PROJECT, body, readable)


def test_an_answer_has_entities_first_and_a_column_a_feature() -> None:
    question = ask({"features": ["users:n", "users:mean"], "entities": {"user": [1, 2, 3]}})
    kept = {
        ("users", key(1)): (NOW - 10, {"n": b"int:5", "mean": b"float:0.5"}),
        ("users", key(3)): (NOW - 10, {"n": b"null:", "mean": b"float:nan"}),
    }
    found = online.answer(question, kept, NOW)
    assert found["metadata"]["feature_names"] == ["user", "n", "mean"]
    assert [column["values"] for column in found["results"]] == [[1, 2, 3], [5, None, None], [0.5, None, None]]
    assert found["results"][1]["statuses"] == ["PRESENT", "NOT_FOUND", "NULL_VALUE"]
    assert found["results"][1]["event_timestamps"][0] == "1970-01-12T13:46:30Z"


def test_a_value_that_is_older_than_its_views_ttl_is_none_as_in_training_data() -> None:
    question = ask({"features": ["users:n"], "entities": {"user": [1, 2]}})
    kept = {("users", key(1)): (NOW - 3601, {"n": b"int:5"}), ("users", key(2)): (NOW - 3600, {"n": b"int:6"})}
    column = online.answer(question, kept, NOW)["results"][1]
    assert (column["values"], column["statuses"]) == ([None, 6], ["OUTSIDE_MAX_AGE", "PRESENT"])
    endless = ask({"features": ["pairs:n"], "entities": {"user": [1], "kind": ["a"]}})
    ((view, keys),) = endless.keys.items()
    assert online.answer(endless, {(view, keys[0]): (1.0, {"n": b"list:1,2"})}, NOW)["results"][2]["values"] == [[1, 2]]


def test_a_service_is_its_features_and_names_can_be_full() -> None:
    body = {"feature_service": "both", "entities": {"user": [1], "kind": ["a"]}, "full_feature_names": True}
    assert ask(body).names == ["user", "kind", "users__mean", "pairs__n"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "send"),
        ([], "send"),
        ({"features": ["users:n"]}, "send"),
        ({"features": ["users:n"], "entities": {}}, "send"),
        ({"features": ["users:n"], "entities": {"user": 1}}, "lists"),
        ({"features": ["users:n"], "entities": {"user": [1], "x": [1, 2]}}, "one length"),
        ({"features": [], "entities": {"user": [1]}}, "1 to 500"),
        ({"features": "users:n", "entities": {"user": [1]}}, "1 to 500"),
        ({"features": ["users"], "entities": {"user": [1]}}, "write view:feature"),
        ({"features": [7], "entities": {"user": [1]}}, "write view:feature"),
        ({"features": ["users:x"], "entities": {"user": [1]}}, "it has n, mean"),
        ({"features": ["users:n"], "entities": {"other": [1]}}, "needs entity user"),
        ({"features": ["users:n"], "entities": {"user": ["1"]}}, "is no INT64"),
        ({"features": ["users:n"], "entities": {"user": [True]}}, "is no INT64"),
        ({"features": ["users:n"], "entities": {"user": [2**70]}}, "is no INT64"),
        ({"features": ["users:n"], "entities": {"user": [None]}}, "is no INT64"),
        ({"features": ["users:n", "pairs:n"], "entities": {"user": [1], "kind": ["a"]}}, "full_feature_names"),
        ({"features": ["users:n"], "entities": {"user": list(range(1001))}}, "at most 1000"),
    ],
    ids=str,
)
def test_what_is_no_question_is_told_so(body: Any, said: str) -> None:
    with pytest.raises(QuestionError, match=said):
        ask(body)


@pytest.mark.parametrize(
    ("body", "readable"),
    [
        ({"features": ["users:n"], "entities": {"user": [1]}}, []),
        ({"features": ["users:n"], "entities": {"user": [1]}}, ["pairs"]),
        ({"features": ["nothing:n"], "entities": {"user": [1]}}, None),
        ({"feature_service": "both", "entities": {"user": [1], "kind": ["a"]}}, ["users"]),
        ({"feature_service": "nothing", "entities": {"user": [1]}}, None),
        # Also a feature that isn't there: it would tell which are.
        ({"features": ["users:x"], "entities": {"user": [1]}}, []),
    ],
    ids=str,
)
def test_what_may_not_be_read_looks_as_what_is_not_there(body: Any, readable: list[str] | None) -> None:
    with pytest.raises(NotAllowedError, match="there is no feature"):
        ask(body, readable)


def test_rows_come_in_as_they_were_sent() -> None:
    rows = [[encoded(b"key"), {"n": encoded(b"value")}, 5]]
    assert writing.parse(PROJECT, {"view": "users", "rows": rows}) == (USERS, [(b"key", {"n": b"value"}, 5.0)])


def encoded(body: bytes) -> str:
    return base64.b64encode(body).decode()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"view": "users"},
        {"view": "nothing", "rows": []},
        {"view": "users", "rows": [[]]},
        {"view": "users", "rows": [["?", {}, 1]]},
        {"view": "users", "rows": [["", {"x": ""}, 1]]},
        {"view": "users", "rows": [["", {"n": 1}, 1]]},
        {"view": "users", "rows": [["", {}, "soon"]]},
        {"view": "users", "rows": [["", {}, 1]] * 5001},
    ],
    ids=lambda body: str(body)[:60],
)
def test_other_rows_are_refused(body: Any) -> None:
    with pytest.raises(QuestionError):
        writing.parse(PROJECT, body)


def test_prometheus_is_told_of_answers_and_of_each_view() -> None:
    found = metrics.Metrics()
    for status, seconds in ((200, 0.0004), (200, 0.03), (401, 3.0)):
        found.answered(status, seconds)
    lines = found.text(PROJECT).splitlines()
    assert 'mlplatform_features_requests_total{code="200"} 2' in lines
    assert 'mlplatform_features_request_seconds_bucket{le="0.001"} 1' in lines
    assert 'mlplatform_features_request_seconds_bucket{le="0.05"} 2' in lines
    assert 'mlplatform_features_request_seconds_bucket{le="+Inf"} 3' in lines
    assert 'mlplatform_features_fresh_timestamp_seconds{view="users"} 900.000' in lines
    # One that was never materialised is as old as itself.
    assert 'mlplatform_features_fresh_timestamp_seconds{view="pairs"} 5.000' in lines
    assert 'mlplatform_features_stale_after_seconds{view="pairs"} 9.000' in lines
