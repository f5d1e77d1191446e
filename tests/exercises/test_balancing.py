"""The exercise on balancing: the traffic that it makes, and a referee with a clock of its own."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.balancing import REQUESTS, keeps_up, traffic


class Alternating:
    """Round robin."""

    def __init__(self, servers: int) -> None:
        self.servers, self.last = servers, -1

    def choose(self) -> int:
        self.last = (self.last + 1) % self.servers
        return self.last

    def replied(self, server: int, elapsed: float) -> None:
        assert 0 <= server < self.servers
        assert elapsed > 0


class Counting(Alternating):
    """Least connections, counted from what was sent and what came back."""

    def __init__(self, servers: int) -> None:
        super().__init__(servers)
        self.under_way = [0] * servers

    def choose(self) -> int:
        chosen = self.under_way.index(min(self.under_way))
        self.under_way[chosen] += 1
        return chosen

    def replied(self, server: int, elapsed: float) -> None:
        super().replied(server, elapsed)
        self.under_way[server] -= 1
        assert self.under_way[server] >= 0


def test_traffic_is_the_same_for_the_same_seed_and_of_the_load_that_was_asked_for() -> None:
    one, same, other = traffic(1, [2, 1], 0.6), traffic(1, [2, 1], 0.6), traffic(2, [2, 1], 0.6)
    assert np.array_equal(one.arrivals, same.arrivals)
    assert np.array_equal(one.services, same.services)
    assert not np.array_equal(one.arrivals, other.arrivals)
    offered = one.services.sum() / one.arrivals[-1] / 3
    assert offered == pytest.approx(0.6, rel=0.1)  # four standard deviations of 4,000 exponential gaps and services are 9 %


def test_a_server_slows_down_in_the_middle_and_is_well_again() -> None:
    slow, well = traffic(3, [2, 1], 0.6, slows=(1, 0.25)).changes
    assert (slow.server, slow.speed, well.server, well.speed) == (1, 0.25, 1, 1.0)
    arrivals = traffic(3, [2, 1], 0.6).arrivals
    assert np.searchsorted(arrivals, [slow.time, well.time]).tolist() == [0.3 * REQUESTS, 0.7 * REQUESTS]


@pytest.mark.parametrize(
    ("name", "arguments"), [("speeds", ([0], 0.5)), ("load", ([1], 0)), (r"slows\[0\]", ([1], 0.5, (1, 0.5))), (r"slows\[1\]", ([1], 0.5, (0, 0)))]
)
def test_no_traffic_from_nonsense(name: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match=name):
        traffic(1, *arguments)


def test_the_referee_tells_who_keeps_up() -> None:
    days = [traffic(day, [1, 1, 1], 0.7) for day in (1, 2)]
    assert keeps_up(Counting, days, 1.15) == "keeps up"
    with pytest.raises(NotYet, match=r"on day 1, with 3 servers, your mean response is .* s, 1\.\d\d times"):
        keeps_up(Alternating, days, 1.15)
    assert keeps_up(Alternating, days, 2.0) == "keeps up"


def test_the_referee_wants_days_and_a_multiple() -> None:
    with pytest.raises(TypeError, match="slows is 3"):
        traffic(1, [1], 0.5, slows=3)
    for days in ([], 3, ["a"]):
        with pytest.raises(TypeError, match="days is"):
            keeps_up(Counting, days, 1.15)
    with pytest.raises(ValueError, match="most is nan"):
        keeps_up(Counting, [traffic(1, [1], 0.7)], float("nan"))


def test_the_referee_measures_for_itself() -> None:
    """A balancer that wishes its requests were short changes nothing: only its choices count."""

    class Hopeful(Alternating):
        def choose(self) -> int:
            self.responses = self.elapsed = 0.0
            return super().choose()

    with pytest.raises(NotYet):
        keeps_up(Hopeful, [traffic(1, [1, 1, 1], 0.7)], 1.15)


@pytest.mark.parametrize("choice", [3, -1, 0.5, None, "0", True])
def test_what_is_no_server_is_refused(choice: object) -> None:
    class Wild(Alternating):
        def choose(self) -> object:
            return choice

    with pytest.raises((TypeError, ValueError), match="choose"):
        keeps_up(Wild, [traffic(1, [1, 1, 1], 0.7)], 1.15)
