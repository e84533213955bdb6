"""What is told of a load."""

from __future__ import annotations

import pytest

from tests.support.traffic.answers import MalformedError, cut
from tests.support.traffic.figures import Sample, Traffic
from tests.unit.support.traffic.served import chunked, ok

WELL = [Sample(at / 10, at / 1000, 200, "3") for at in range(1, 101)]


def test_percentiles_are_of_answers_that_were_well() -> None:
    traffic = Traffic([*WELL, Sample(1, 60, 503, "full")], asked=101)
    assert traffic.percentile(50) == pytest.approx(0.05, rel=0.03)
    assert traffic.percentile(95) == pytest.approx(0.095, rel=0.03)
    assert traffic.percentile(100) == pytest.approx(0.1, rel=0.01)


def test_a_window_is_of_requests_that_were_due_then() -> None:
    traffic = Traffic(list(WELL), asked=100)
    assert [sample.at for sample in traffic.between(1, 1.2)] == [1.0, 1.1]
    assert traffic.percentile(50, since=9) == pytest.approx(0.095, rel=0.03)
    assert traffic.percentile(50, since=99) == float("inf")


def test_what_is_not_2xx_is_a_failure() -> None:
    traffic = Traffic([Sample(0, 1, status, "") for status in (200, 204, 301, 404, 500, 0)], asked=6)
    assert [sample.status for sample in traffic.failures] == [301, 404, 500, 0]


@pytest.mark.parametrize("answer", [ok(b"body"), chunked(b"bo", b"dy"), ok(b"")])
def test_an_answer_is_cut_only_when_it_is_whole(answer: bytes) -> None:
    for end in range(len(answer)):
        assert cut(answer[:end]) is None
    found = cut(answer + b"HTTP/1.1 ")
    assert found is not None
    assert (found.status, found.size, found.keep) == (200, len(answer), True)
    assert found.body in (b"body", b"")


def test_a_body_of_no_known_length_ends_with_its_connection() -> None:
    answer = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\nslow"
    assert cut(answer) is None
    found = cut(answer, ended=True)
    assert found is not None
    assert (found.status, found.body, found.keep) == (408, b"slow", False)
    with pytest.raises(MalformedError, match="without a length"):
        cut(b"HTTP/1.1 200 OK\r\n\r\nbody")
