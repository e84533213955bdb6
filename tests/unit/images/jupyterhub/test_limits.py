from __future__ import annotations

from images.jupyterhub.mlplatform_hub import limits
from images.jupyterhub.mlplatform_hub.limits import Limit


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_who_is_wrong_too_often_waits_until_the_first_mistake_is_old() -> None:
    clock = Clock()
    limit = Limit(3, 60, clock)
    for _ in range(3):
        assert limit.wait("a") == 0
        limit.failed("a")
        clock.now += 10
    assert limit.wait("a") == 30
    assert limit.wait("b") == 0
    clock.now += 30
    assert limit.wait("a") == 0


def test_being_right_ends_it() -> None:
    limit = Limit(1, 60, Clock())
    limit.failed("a")
    assert limit.wait("a")
    limit.succeeded("a")
    assert limit.wait("a") == 0


def test_a_stranger_cannot_fill_the_memory() -> None:
    limit = Limit(1, 60, Clock())
    for number in range(limits.MOST_KEYS + 5):
        limit.failed(str(number))
    assert len(limit._failures) == limits.MOST_KEYS
    assert limit.wait("0") == 0
    assert limit.wait(str(limits.MOST_KEYS + 4))
