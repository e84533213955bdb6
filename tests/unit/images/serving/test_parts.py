"""Turns, batches, counts, the log and the settings, each by itself."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from images.serving.mlplatform_serving import prediction_log, settings
from images.serving.mlplatform_serving.metrics import Metrics
from images.serving.mlplatform_serving.prediction_log import Entry, Feedback, PredictionLog, now
from images.serving.mlplatform_serving.predictions import score_of
from images.serving.mlplatform_serving.stats import Stats
from images.serving.mlplatform_serving.turns import Turns, together


def test_a_quick_call_is_made_in_the_loop_and_a_slow_one_in_a_thread() -> None:
    async def run() -> list[bool]:
        turns, here = Turns(), threading.current_thread()
        found = [await turns.take(lambda: threading.current_thread() is here) for _ in range(3)]
        for _ in range(8):
            turns._seconds.append(0.2)
        found.append(await turns.take(lambda: threading.current_thread() is here))
        return found

    assert asyncio.run(run()) == [False, True, True, False]


def test_the_shortest_of_the_last_calls_decides() -> None:
    turns = Turns()
    turns._seconds.extend([0.001] + [5.0] * 7)
    assert turns.quick, "a busy machine makes slow ones of a quick model"
    turns._seconds.append(5.0)
    assert not turns.quick


def test_between_turns_the_loop_goes_on() -> None:
    async def run() -> list[str]:
        turns, said = Turns(), []
        turns._seconds.append(0.0)

        async def other() -> None:
            for _ in range(3):
                said.append("loop")
                await asyncio.sleep(0)

        await asyncio.gather(*(turns.take(said.append, "model") for _ in range(3)), other())
        return said

    found = asyncio.run(run())
    first, last = found.index("model"), len(found) - found[::-1].index("model")
    assert "loop" in found[first:last], found


def doubled(rows: Sequence[int], params: dict[str, Any]) -> list[int]:
    if 0 in rows:
        raise ValueError("zero")
    return [row * params.get("by", 2) for row in rows]


def test_requests_are_answered_together_by_their_parameters() -> None:
    calls: list[list[int]] = []

    def predict(rows: Sequence[int], params: dict[str, Any]) -> list[int]:
        calls.append(list(rows))
        return doubled(rows, params)

    jobs: list[Any] = [([1, 2], {}), ([3], {"by": 10}), ([4], {})]
    assert together(predict, jobs) == [[2, 4], [30], [8]]
    assert calls == [[1, 2, 4], [3]]


def test_one_request_s_row_fails_no_other_s() -> None:
    found = together(doubled, [([1], {}), ([0], {}), ([2], {})])
    assert found[0] == [2] and found[2] == [4]
    assert isinstance(found[1], ValueError)
    assert isinstance(together(doubled, [([0], {})])[0], ValueError)
    assert together(doubled, []) == []


def test_mean_concurrency_between_two_reads_is_exact() -> None:
    clock = [0.0]
    stats = Stats(lambda: clock[0])
    first = stats.begin()
    clock[0] = 1.0
    second = stats.begin()
    clock[0] = 3.0
    before = stats.read()
    assert (before["in_flight"], before["busy_seconds"]) == (2, 1 * 1 + 2 * 2)
    stats.end(first, 200)
    clock[0] = 5.0
    stats.end(second, 503)
    clock[0] = 9.0
    after = stats.read()
    assert after["busy_seconds"] - before["busy_seconds"] == 2
    assert after == {"in_flight": 0, "busy_seconds": 7, "requests": 2, "errors": 1, "latency_seconds_sum": 7}


def test_metrics_are_what_prometheus_reads() -> None:
    metrics = Metrics('a"b\\c\nd', lambda: 3)
    metrics.common["service_version"] = "7"
    for seconds in (0.001, 0.0011, 20):
        metrics.answered("/predict", 200, seconds)
    text = metrics.text().decode()
    labels = r'service_name="a\"b\\c\nd",service_version="7",endpoint="/predict",http_response_code="200"'
    name = "bentoml_service_request_duration_seconds"
    assert f'{name}_bucket{{{labels},le="0.001"}} 1' in text
    assert f'{name}_bucket{{{labels},le="0.0025"}} 2' in text
    assert f'{name}_bucket{{{labels},le="10"}} 2' in text
    assert f'{name}_bucket{{{labels},le="+Inf"}} 3' in text
    assert f"{name}_count{{{labels}}} 3" in text
    assert "\nmlplatform_predictions_dropped_total{" in text and text.endswith("\n")


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ({"items": [1, 2]}, None),
        ({"items": [1, 2], "scores": [0.9, 0.5]}, 0.9),
        ({"items": [], "scores": []}, None),
        ({"score": 0.25, "a": 1}, 0.25),
        ({"price": 3}, 3.0),
        ({"label": "spam"}, None),
        (0.5, 0.5),
        ([0.5, 0.2], 0.5),
        (True, None),
        ("spam", None),
    ],
)
def test_scores(answer: Any, score: float | None) -> None:
    assert score_of(answer) == score


def entries(count: int) -> list[Entry]:
    return [Feedback(str(number), None, True, now()) for number in range(count)]


class Counted:
    def __init__(self) -> None:
        self.logged = self.dropped = 0.0

    def log(self, write: Any) -> PredictionLog:
        def logged(count: float) -> None:
            self.logged += count

        def dropped(count: float) -> None:
            self.dropped += count

        return PredictionLog(write, logged, dropped, retry_seconds=0.02)


def until(true: Any) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_is_put_is_written_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction_log, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(prediction_log, "AT_ONCE", 4)
    counted, written = Counted(), list[Entry]()
    log = counted.log(written.extend)
    given = entries(10)
    log.start()
    assert all(log.put(one) for one in given)
    until(lambda: counted.logged == 10)
    assert written == given
    log.stop()


def test_a_database_that_is_away_is_waited_for_and_what_has_no_room_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prediction_log, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(prediction_log, "ROOM", 5)
    monkeypatch.setattr(prediction_log, "AT_ONCE", 1)
    counted, written, away = Counted(), list[Entry](), [True]

    def write(batch: Sequence[Entry]) -> None:
        if away[0]:
            raise ConnectionError("server is gone\nsecond line")
        written.extend(batch)

    log = counted.log(write)
    log.start()
    log.put(entries(1)[0])
    until(lambda: log.failing)
    took = [log.put(one) for one in entries(7)]
    assert took == [True] * 5 + [False] * 2 and counted.dropped == 2
    away[0] = False
    until(lambda: counted.logged == 6)
    log.stop()
    said = capsys.readouterr().out
    assert said.count("can't write") == 1 and "server is gone" in said and "second line" not in said
    assert "writes again" in said


def test_at_the_end_what_waits_is_written() -> None:
    counted, written = Counted(), list[Entry]()
    log = counted.log(written.extend)
    log.start()
    for one in entries(3):
        log.put(one)
    log.stop()
    assert len(written) == 3


def test_without_a_database_nothing_waits() -> None:
    counted = Counted()
    log = counted.log(None)
    log.start()
    assert not log.on and not log.put(entries(1)[0])
    log.stop()
    assert counted.dropped == 0


def test_a_row_has_no_zero_character() -> None:
    row = prediction_log.Prediction("r", "m", "1", {"a": "x\0y"}, [1], None, 0.1, now()).values()
    assert row[4] == '{"a": "xy"}' and row[5] == "[1]"


def test_settings_from_the_environment() -> None:
    told = settings.read({"MODEL_SERVICE": "keywords", "MAX_BATCH_LATENCY_MS": "20", "DATABASE_URL": "secret"})
    assert told.service == "keywords" and told.batches and "secret" not in repr(told)
    assert not settings.read({}).batches and not settings.read({"MAX_BATCH_LATENCY_MS": "0"}).batches
    with pytest.raises(settings.SettingsError, match="MAX_BATCH_SIZE is 'many'"):
        settings.read({"MAX_BATCH_SIZE": "many"})
