"""A balancer of one's own: it does what the simulator does, hears what it should, and its slips are named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from labsupport import workloads
from labsupport.simulators.balancing import Change, drive, simulate
from tests.simulators.request_stories import stories


class LeastConnections:
    """Counts what it sends and what comes back: as much as any balancer knows."""

    def __init__(self, servers):
        self.present, self.chosen, self.requests = [0] * servers, [(-1, server) for server in range(servers)], 0
        self.heard = []

    def choose(self):
        server = min(range(len(self.present)), key=lambda server: (self.present[server], self.chosen[server]))
        self.present[server] += 1
        self.chosen[server] = (self.requests, server)
        self.requests += 1
        return server

    def replied(self, server, elapsed):
        self.present[server] -= 1
        self.heard.append((server, elapsed, False))


class Hearing(LeastConnections):
    def failed(self, server, elapsed):
        self.present[server] -= 1
        self.heard.append((server, elapsed, True))


def same(one, other):
    for name in ("servers", "waits", "responses", "found", "lost"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@given(story=stories())
def test_least_connections_in_plain_python_are_the_simulators(story):
    arrivals, services, speeds = story
    same(drive(LeastConnections(speeds.size), arrivals, services, speeds), simulate("least_connections", arrivals, services, speeds))


@pytest.mark.parametrize("when_down", ["wait", "fail"])
def test_so_they_are_when_servers_slow_die_and_return(when_down):
    arrivals, services = workloads.poisson_arrivals(2_000, 2.5, 1), workloads.exponential_services(2_000, 1.0, 2)
    changes = [Change(100, 0, 0.2), Change(200, 1, 0), Change(300, 0, 1), Change(333, 1, 2), Change(780, 2, 0)]
    balancer = Hearing(3)
    driven = drive(balancer, arrivals, services, [1, 2, 1], changes=changes, when_down=when_down)
    simulated = simulate("least_connections", arrivals, services, [1, 2, 1], changes=changes, when_down=when_down)
    same(driven, simulated)
    assert driven.policy == "Hearing"
    assert driven.changes == simulated.changes
    ends = driven.arrivals + driven.responses
    due = np.flatnonzero(ends <= arrivals[-1])  # told before the last choice, in the order of their times
    told = [(int(driven.servers[each]), float(ends[each] - arrivals[each]), bool(driven.lost[each])) for each in due[np.lexsort((due, ends[due]))]]
    assert [(server, lost) for server, _, lost in balancer.heard] == [(server, lost) for server, _, lost in told]
    np.testing.assert_allclose([elapsed for _, elapsed, _ in balancer.heard], [elapsed for _, elapsed, _ in told], rtol=1e-9)


def test_without_failed_nothing_is_heard_of_what_is_lost():
    balancer = LeastConnections(1)
    result = drive(balancer, [0, 1, 2, 9], [3, 1, 1, 1], [1], changes=[Change(1, 0, 0), Change(5, 0, 1)], when_down="fail")
    assert result.lost.tolist() == [True, True, True, False]
    assert balancer.heard == []


def test_choose_may_take_the_time():
    class Clock:
        def __init__(self):
            self.times = []

        def choose(self, now):
            self.times.append(now)
            return len(self.times) % 2

        def replied(self, server, elapsed):
            pass

    balancer = Clock()
    assert drive(balancer, [0, 0.5, 2], [1, 1, 1], [1, 1]).servers.tolist() == [1, 0, 1]
    assert balancer.times == [0.0, 0.5, 2.0]


def test_a_default_of_the_students_own_is_left_alone():
    class Habitual:
        def choose(self, favourite=1):
            return favourite

        def replied(self, server, elapsed):
            pass

    assert drive(Habitual(), [0, 0.5, 2], [1, 1, 1], [1, 1, 1]).servers.tolist() == [1, 1, 1]


def answering(*answers):
    class Odd:
        def __init__(self):
            self.answers = iter(answers)

        def choose(self):
            return next(self.answers)

        def replied(self, server, elapsed):
            pass

    return Odd()


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (2, ValueError, r"choose\(\) is 2, but must be a whole number from 0 to 1"),
        (-1, ValueError, r"choose\(\) is -1"),
        (1.0, TypeError, r"choose\(\) is 1.0 \(float\)"),
        (True, TypeError, r"choose\(\) is True"),
        (None, TypeError, r"choose\(\) is None"),
        ("1", TypeError, r"choose\(\) is '1'"),
    ],
)
def test_an_answer_that_is_no_server_is_named(answer, error, words):
    with pytest.raises(error, match=words) as caught:
        drive(answering(0, answer), [0, 3.5], [1, 1], [1, 1])
    assert caught.value.__notes__ == ["This was request 1, at time 3.5; there are 2 servers, numbered from 0."]


def test_numpys_whole_numbers_are_servers():
    assert drive(answering(np.int64(1), np.int32(0)), [0, 1], [1, 1], [1, 1]).servers.tolist() == [1, 0]


def test_what_the_balancer_raises_is_passed_on():
    class Broken:
        def choose(self):
            return 0

        def replied(self, server, elapsed):
            raise KeyError(server, elapsed)

    with pytest.raises(KeyError, match=r"\(0, 1.0\)"):
        drive(Broken(), [0, 5], [1, 1], [1])


@pytest.mark.parametrize(
    ("balancer", "words"),
    [
        (LeastConnections, r"balancer is the class LeastConnections, but must be an object: make one, with LeastConnections\(\)"),
        (object(), r"it has no choose"),
        (5, r"balancer is 5, but must be an object with choose\(\) and replied\(server, elapsed\)"),
    ],
)
def test_what_is_no_balancer_is_named(balancer, words):
    with pytest.raises(TypeError, match=words):
        drive(balancer, [0], [1], [1])
