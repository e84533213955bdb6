"""What a request is answered: predictions, and clear words for everything that is none."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from images.serving.mlplatform_serving import app as app_module
from images.serving.mlplatform_serving import bodies
from images.serving.mlplatform_serving.app import App
from images.serving.mlplatform_serving.model import Model
from images.serving.mlplatform_serving.prediction_log import Feedback, Prediction
from images.serving.mlplatform_serving.settings import Settings
from images.serving.mlplatform_serving.team_bento import BentoApp
from tests.unit.images.serving.conftest import Serving, ask


def test_a_prediction(serving: Serving) -> None:
    found = serving.ask("/predict", {"inputs": [{"x": 1}, {"x": 2.5}], "params": {"by": 10}})
    assert found.status == 200
    assert found.json["outputs"] == [{"score": 20.0}, {"score": 50.0}]
    assert (found.json["model"], found.json["version"]) == ("doubling", "7")
    assert len(found.json["request_id"]) == 24
    assert found.headers["content-length"] == str(len(found.body))


def test_it_is_logged_with_features_score_version_and_request_id(serving: Serving) -> None:
    serving.ask("/predict", {"inputs": [{"x": 1}, {"x": 2}]}, headers={"X-Request-ID": "abc-1"})
    first, second = serving.entries
    assert isinstance(first, Prediction) and isinstance(second, Prediction)
    assert (first.request_id, first.model, first.version) == ("abc-1", "doubling", "7")
    assert (first.features, first.answer, first.score) == ({"x": 1.0}, {"score": 2.0}, 2.0)
    assert second.score == 4.0 and 0 < second.seconds < 5
    assert serving.app.metrics.score.counts[()] and sum(serving.app.metrics.score.counts[()]) == 2


@pytest.mark.parametrize(("forwarded", "logged"), [(False, 0), (True, 1)])
def test_the_controller_s_probes_arent_logged_and_nobody_else_can_be_one(
    serving: Serving, forwarded: bool, logged: int
) -> None:
    headers = {"x-mlplatform-probe": "1", **({"X-Forwarded-For": "10.0.0.1"} if forwarded else {})}
    assert serving.ask("/predict", {"inputs": [{"x": 1}]}, headers=headers).status == 200
    assert len(serving.entries) == logged


@pytest.mark.parametrize("given", ["a b", "", "x" * 129, "ü", "a\nb"])
def test_a_request_id_that_isnt_one_is_replaced(serving: Serving, given: str) -> None:
    found = serving.ask("/predict", {"inputs": [{"x": 1}], "request_id": given})
    assert found.status == 200 and found.json["request_id"] != given


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "isn't JSON"),
        (b"{", "isn't JSON"),
        (b"\xff\xfe", "isn't JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"inputs": [{"x": ' + b"9" * 5000 + b"}]}", "isn't JSON"),
        (b'{"inputs": [{"x": NaN}]}', "the body has NaN"),
        (b'{"inputs": [{"x": -Infinity}]}', "the body has -Infinity"),
        (b'{"inputs": [{"x": 1e999}]}', "inputs[0].x is not a finite number"),
        (b"[]", "the body is a list"),
        (b"null", "the body is null"),
        (b"{}", "the body has no inputs"),
        (b'{"inputs": []}', "inputs is empty"),
        (b'{"inputs": {"x": 1}}', "inputs is an object, it must be a list"),
        (b'{"inputs": [1]}', "inputs[0] is a whole number"),
        (b'{"inputs": [{"x": "1"}]}', "inputs[0].x is a text, it must be a number"),
        (b'{"inputs": [{"x": 1}, {"y": 1}]}', "inputs[1] has no 'x'"),
        (b'{"inputs": [{"x": 1}], "parameters": {}}', "the body has 'parameters'"),
        (b'{"inputs": [{"x": 1}], "params": {"k": 1}}', "params has 'k'"),
        (b'{"inputs": [{"x": 1}], "params": []}', "params is a list"),
    ],
)
def test_what_isnt_right_is_400_with_why_and_what_would_do(serving: Serving, body: bytes, why: str) -> None:
    found = serving.ask("/predict", body)
    assert found.status == 400, found.body
    assert why in found.json["error"]
    assert found.json["fix"].startswith("send ")
    assert serving.app.stats.errors == 0 and not serving.entries


@pytest.mark.parametrize(
    ("x", "why"),
    [(13, "output.score is not a finite number"), (666, "failed: KeyError"), (7777, "gave 0 answers to 1 inputs")],
)
def test_a_wrong_answer_is_500_and_an_error(
    serving: Serving, x: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = serving.ask("/predict", {"inputs": [{"x": x}]})
    assert found.status == 500 and why in found.json["error"]
    assert serving.app.stats.errors == 1 and not serving.entries
    assert "prediction failed (1)" in capsys.readouterr().out


def test_too_large_by_its_head_is_413_unread(serving: Serving) -> None:
    found = serving.ask("/predict", b"{}", headers={"Content-Length": "100000000", "Expect": "100-continue"})
    assert found.status == 413 and found.headers["connection"] == "close"


def test_too_large_without_a_length_is_413_after_so_much(loaded: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    serving = Serving(loaded, max_body_bytes=1000)
    found = serving.ask("/predict", pieces=[b"x" * 600, b"x" * 600, b"x" * 600], method="POST")
    assert found.status == 413 and "larger than 1000 bytes" in found.json["error"]


def test_a_body_that_doesnt_come_is_408(loaded: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LINGER_SECONDS", 0.05)
    serving = Serving(loaded, body_seconds=0.05)
    assert serving.ask("/predict", pieces=[b"{", 0.5, b"}"], method="POST").status == 408
    assert serving.ask("/predict", pieces=[0.5, b"{}"], method="POST").status == 408


def test_many_small_pieces_dont_get_more_time(loaded: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LINGER_SECONDS", 0.05)
    serving = Serving(loaded, body_seconds=0.1)
    pieces: list[bytes | float] = [part for _ in range(20) for part in (b" ", 0.04)]
    assert serving.ask("/predict", pieces=[*pieces, b"{}"], method="POST").status == 408


def test_a_client_that_is_gone_is_no_error(serving: Serving) -> None:
    assert serving.ask("/predict", pieces=[], method="POST").status == 0
    assert serving.app.stats.errors == 0
    assert serving.app.metrics.total.values == {("/predict", "499"): 1}


def test_while_it_loads_it_lives_and_says_so() -> None:
    app = App(Settings())
    assert asyncio.run(ask(app, "/livez")).status == 200
    assert asyncio.run(ask(app, "/readyz")).json == {"ready": False, "error": "the model is being loaded"}
    found = asyncio.run(ask(app, "/predict", {"inputs": []}))
    assert found.status == 503 and found.headers["retry-after"] == "1"


def test_ready_until_it_ends(serving: Serving) -> None:
    assert serving.ask("/readyz").json == {"ready": True}
    serving.app.ending = True
    assert serving.ask("/readyz").status == 503


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/predict", 405), ("POST", "/other", 404), ("GET", "/", 404)]
)
def test_other_ways(serving: Serving, method: str, path: str, status: int) -> None:
    found = serving.ask(path, method=method)
    assert found.status == status and "POST /predict" in found.json["fix"]


def test_feedback_is_noted(serving: Serving) -> None:
    found = serving.ask("/feedback", {"request_id": "a-1", "item": 5, "clicked": True})
    assert found.json == {"noted": True}
    (entry,) = serving.entries
    assert isinstance(entry, Feedback)
    assert (entry.request_id, entry.item, entry.clicked) == ("a-1", 5, True)
    assert serving.app.stats.requests == 0, "it says nothing of the model's load"


@pytest.mark.parametrize(
    "body",
    [[], {}, {"request_id": "a b", "clicked": True}, {"request_id": "a", "clicked": 1}, {"request_id": "a"}]
    + [{"request_id": "a", "clicked": True, "item": item} for item in ("5", 2**63, True, 1.5)],
)
def test_feedback_that_isnt_is_400(serving: Serving, body: Any) -> None:
    assert serving.ask("/feedback", body).status == 400
    assert not serving.entries


def test_the_example_is_the_controller_s_alone(serving: Serving) -> None:
    found = serving.ask("/example")
    assert found.json == {"inputs": [{"x": 1.5}, {"x": 2.5}]}
    assert serving.ask("/predict", found.json).status == 200
    assert serving.ask("/example", headers={"X-Forwarded-For": "10.0.0.1"}).status == 404


def test_stats_and_metrics_tell_what_was(serving: Serving) -> None:
    for x in (1, 2, 13):
        serving.ask("/predict", {"inputs": [{"x": x}]})
    stats = serving.ask("/stats").json
    assert (stats["requests"], stats["errors"], stats["in_flight"]) == (3, 1, 0)
    assert 0 < stats["busy_seconds"] == pytest.approx(stats["latency_seconds_sum"], abs=1e-5)
    text = serving.ask("/metrics").body.decode()
    common = 'service_name="doubling",service_version=""'
    assert f'bentoml_service_request_total{{{common},endpoint="/predict",http_response_code="200"}} 2' in text
    assert f'bentoml_service_request_total{{{common},endpoint="/predict",http_response_code="500"}} 1' in text
    assert f"bentoml_service_request_in_progress{{{common}}} 0" in text
    assert f"bentoml_service_adaptive_batch_size_count{{{common}}} 3" in text


def test_more_than_can_wait_are_told_to_come_again(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "MOST_WAITING", 5)

    async def many() -> list[int]:
        body = {"inputs": [{"x": 1}]}
        found = await asyncio.gather(*(ask(serving.app, "/predict", body) for _ in range(9)))
        return sorted(one.status for one in found)

    statuses = asyncio.run(many())
    assert statuses.count(200) >= 4 and statuses.count(429) >= 1 and len(statuses) == 9
    assert serving.app.stats.errors == 0


def test_those_that_come_together_are_all_in_flight_before_the_first_is_answered(serving: Serving) -> None:
    seen: list[int] = []
    predict = serving.predictions._model.predict

    class Watching:
        def __getattr__(self, name: str) -> Any:
            return getattr(model, name)

        def predict(self, rows: Any, params: Any) -> Any:
            seen.append(serving.app.stats.in_flight)
            return predict(rows, params)

    model = serving.predictions._model
    serving.predictions._model = Watching()  # type: ignore[assignment]

    async def many() -> None:
        await asyncio.gather(*(ask(serving.app, "/predict", {"inputs": [{"x": 1}]}) for _ in range(4)))

    asyncio.run(many())
    assert seen == [4, 3, 2, 1]


def test_words_are_json(serving: Serving) -> None:
    assert json.loads(serving.ask("/predict", b"no").body).keys() == {"error", "fix"}


def test_a_bento_s_own_service_is_counted_and_bounded() -> None:
    app = BentoApp(Settings(service="adder", max_body_bytes=10))
    assert asyncio.run(ask(app, "/add", b"1")).status == 503, "nothing is there yet"

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                await send({"type": "http.response.start", "status": 500, "headers": []})
                await send({"type": "http.response.body", "body": b"gone"})
                return
            body, more = body + message["body"], message["more_body"]
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": body})

    app.inner = inner
    assert asyncio.run(ask(app, "/add", b"12")).status == 418
    assert asyncio.run(ask(app, "/add", b"x" * 11)).status == 413
    found = asyncio.run(ask(app, "/add", pieces=[b"x" * 6, b"x" * 6], method="POST"))
    assert found.status == 413 and b"gone" not in found.body
    assert asyncio.run(ask(app, "/livez")).status == 200
    assert app.metrics.total.values == {
        ("bento", "503"): 1,
        ("bento", "418"): 1,
        ("bento", "413"): 2,
    }
    assert app.stats.read()["in_flight"] == 0
