"""Load tests: closed loops against SimPy request by request and the machine-repair model, open ones against the closed, shapes by their sums."""

from __future__ import annotations

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators import load_testing, queueing
from labsupport.simulators.load_testing import closed_loop, open_loop, open_loops


def exponential(count: int, mean: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).exponential(mean, count)


def in_simpy(users, services, servers, thinks, interval, stalls, begins):
    """The same users as processes; a server that stalls is simply late."""
    environment = simpy.Environment()
    resource = simpy.Resource(environment, servers)
    log = []

    def work(amount):
        while True:
            now = environment.now
            stop = next(((begin, end) for begin, end in stalls if end > now), (np.inf, np.inf))
            if stop[0] <= now:
                yield environment.timeout(stop[1] - now)
            elif now + amount <= stop[0]:
                yield environment.timeout(amount)
                return
            else:
                yield environment.timeout(stop[0] - now)
                amount -= stop[0] - now

    def live(user):
        yield environment.timeout(begins[user])
        while len(log) < len(services):
            number, sent = len(log), environment.now
            log.append([user, sent, 0.0])
            with resource.request() as place:
                yield place
                yield from work(services[number])
            log[number][2] = environment.now
            yield environment.timeout(max(thinks[number], sent + interval - environment.now))

    for user in range(users):
        environment.process(live(user))
    environment.run()
    return (np.array(column) for column in zip(*log, strict=True))


@pytest.mark.parametrize(("users", "servers", "interval", "stalls"), [(1, 1, 0.0, []), (12, 1, 0.0, [(30, 35), (60, 90)]), (9, 3, 4.0, [(10, 50)])])
def test_it_is_simpys_request_by_request(users, servers, interval, stalls) -> None:
    services, thinks, begins = exponential(400, 1.0, 1), exponential(400, 3.0, 2), np.sort(exponential(users, 1.0, 3))
    ours = closed_loop(users, services, servers, thinks=thinks, interval=interval, stalls=stalls, begins=begins)
    who, sent, finishes = in_simpy(users, services, servers, thinks, interval, stalls, begins)
    assert (ours.users == who).all()
    np.testing.assert_allclose(ours.sent, sent, rtol=1e-9)
    np.testing.assert_allclose(ours.finishes, finishes, rtol=1e-9)


@pytest.mark.parametrize(("users", "servers"), [(1, 1), (10, 1), (40, 1), (30, 4)])
def test_it_meets_the_machine_repair_model_and_the_bounds(users, servers) -> None:
    services, thinks = exponential(200_000, 1.0, 4), exponential(200_000, 9.0, 5)
    result = closed_loop(users, services, servers, thinks=thinks)
    assert result.throughput == pytest.approx(theory.closed_throughput(users, 9.0, 1.0, servers), rel=0.01)
    assert result.throughput < 1.01 * theory.closed_throughput_bound(users, 9.0, 1.0, servers)
    assert result.responses.mean() == pytest.approx(theory.interactive_response_time(users, result.throughput, thinks.mean()), rel=0.01, abs=0.01)


@pytest.mark.parametrize("servers", [1, 3])
def test_an_open_loop_is_a_closed_one_of_users_who_come_once(servers) -> None:
    arrivals, services = np.cumsum(exponential(300, 1.0, 6)), exponential(300, 0.8, 7)
    stalls = [(20, 60), (61, 62), (150, 155)]
    once = closed_loop(300, services, servers, begins=arrivals, thinks=np.full(300, 1e9), stalls=stalls)
    result = open_loop(arrivals, services, servers, stalls=stalls)
    for column in ("sent", "intended", "starts", "finishes"):
        np.testing.assert_allclose(getattr(result, column), getattr(once, column), rtol=1e-9)
    plain = queueing.simulate(arrivals, services, servers)
    np.testing.assert_array_equal(open_loop(arrivals, services, servers).finishes, plain.finishes)


def test_a_stall_hides_from_one_who_waits_for_answers() -> None:
    services, stalls = np.full(1_000, 0.001), [(2.0, 4.0)]
    tool = closed_loop(1, services, interval=0.01, stalls=stalls, until=10.0)
    users = open_loop(np.arange(1_000) * 0.01, services, stalls=stalls)
    assert (tool.responses > 0.002).sum() == 1
    assert (users.responses > 0.002).sum() > 200
    assert np.percentile(tool.responses, 99) == pytest.approx(0.001)
    assert np.percentile(users.responses, 99) > 1.8


def test_intervals_hold_for_one_period_each() -> None:
    result = closed_loop(1, np.full(100, 0.1), interval=[1.0, 0.5], period=10.0, until=20.0)
    assert (result.sent < 10).sum() == 10
    assert (result.sent >= 10).sum() == 20


small = st.integers(0, 8)


@given(
    work=st.lists(st.tuples(small, small), min_size=1, max_size=40),
    users=st.integers(1, 8),
    servers=st.integers(1, 4),
    interval=st.integers(0, 12),
    gaps=st.lists(st.integers(1, 15), max_size=6),
    until=st.none() | st.integers(1, 60),
)
def test_every_request_of_a_user_follows_the_answer_to_the_one_before(work, users, servers, interval, gaps, until) -> None:
    services, thinks = np.array(work, dtype=float).T
    stalls = np.cumsum(gaps[: len(gaps) // 2 * 2]).reshape(-1, 2)
    settings = {"interval": interval, "stalls": stalls, "begins": np.arange(users) / 2, "until": until}
    result = closed_loop(users, services, servers, thinks=thinks, **settings)
    done = result.sent.size
    assert 1 <= done <= services.size
    assert done == services.size or (until is not None and result.sent.max() < until)
    assert_possible(result, services[:done], stalls)
    for user in range(users):
        mine = np.flatnonzero(result.users == user)
        ready = result.finishes[mine[:-1]] + thinks[mine[:-1]]
        np.testing.assert_array_equal(result.sent[mine[1:]], np.maximum(ready, result.sent[mine[:-1]] + interval))
        np.testing.assert_array_equal(result.intended[mine[1:]], result.sent[mine[:-1]] + interval if interval else ready)
        assert (result.intended[mine] <= result.sent[mine]).all()
        assert mine.size == 0 or result.sent[mine[0]] == user / 2
    settings = {name: None if value is None else 4 * value for name, value in settings.items()}
    assert_scaled(result, closed_loop(users, 4 * services, servers, thinks=4 * thinks, **settings))


@given(requests=st.lists(st.tuples(small, small), min_size=1, max_size=40), servers=st.integers(1, 4), gaps=st.lists(st.integers(1, 15), max_size=6))
def test_in_an_open_loop_everybody_is_served_once(requests, servers, gaps) -> None:
    steps, services = np.array(requests, dtype=float).T
    arrivals, stalls = np.cumsum(steps), np.cumsum(gaps[: len(gaps) // 2 * 2]).reshape(-1, 2)
    result = open_loop(arrivals, services, servers, stalls=stalls)
    np.testing.assert_array_equal(result.sent, arrivals)
    assert_possible(result, services, stalls)
    assert_scaled(result, open_loop(4 * arrivals, 4 * services, servers, stalls=4 * stalls))


def assert_possible(result, services, stalls) -> None:
    """Nobody begins before it is sent, no more at once than servers, first come, first served, and a stall makes them wait for its length."""
    assert (result.waits >= 0).all()
    assert (np.diff(result.sent) >= 0).all()
    assert (np.diff(result.starts) >= 0).all()
    stood = [
        sum(max(0.0, min(finish, end) - max(start, begin)) for begin, end in stalls)
        for start, finish in zip(result.starts, result.finishes, strict=True)
    ]
    np.testing.assert_allclose(result.finishes - result.starts, services + stood, atol=1e-9)
    for begin, end in stalls:  # nothing begins in a stall, and nothing that takes time ends in one
        assert not ((result.starts >= begin) & (result.starts < end)).any()
        assert not ((services > 0) & (result.finishes > begin) & (result.finishes <= end)).any()
    for moment in result.starts:
        assert ((result.starts <= moment) & (result.finishes > moment)).sum() <= result.servers
    for sent, start in zip(result.sent, result.starts, strict=True):  # while one waits, every server works or all of them stand still
        stands = sum(max(0.0, min(start, end) - max(sent, begin)) for begin, end in stalls)
        works = np.maximum(0, np.minimum(result.finishes, start) - np.maximum(result.starts, sent)).sum()
        assert works + result.servers * stands >= result.servers * (start - sent) - 1e-9


def assert_scaled(result, scaled) -> None:
    """All times are four times as long, exactly."""
    for column in ("intended", "sent", "starts", "finishes"):
        np.testing.assert_array_equal(getattr(scaled, column), 4 * getattr(result, column))
    np.testing.assert_array_equal(scaled.users, result.users)


def test_bad_input_is_named() -> None:
    for call, words in (
        (lambda: closed_loop(0, [1]), "users is 0"),
        (lambda: closed_loop(1, []), "services is empty"),
        (lambda: closed_loop(1, [1], interval=[1, 2]), "period is left out"),
        (lambda: closed_loop(2, [1], begins=[0]), "begins holds 1 times"),
        (lambda: closed_loop(1, [1], begins=[5], until=2), "until is 2"),
        (lambda: closed_loop(1, [1], stalls=[(2, 1)]), "stalls is"),
        (lambda: open_loop([1], [1], stalls=[1, 2]), "stalls has shape"),
    ):
        with pytest.raises(ValueError, match=words):
            call()


@given(
    tests=st.integers(1, 6),
    requests=st.integers(1, 60),
    warm_up=st.integers(0, 59),
    share=st.sampled_from([0.0, 0.01, 0.5, 0.9, 0.99, 1.0]),
    rate=st.sampled_from([0.3, 0.9, 1.5]),
    slower=st.sampled_from([0.5, 1.0, 1.3]),
    seed=st.integers(0, 99),
)
def test_each_of_many_tests_is_an_open_loop(tests, requests, warm_up, share, rate, slower, seed) -> None:
    warm_up = min(warm_up, requests - 1)
    gaps, services = np.random.default_rng(seed).exponential(size=(2, tests, requests))
    result = open_loops(gaps, services, rate=rate, slower=slower, warm_up=warm_up, share=share)
    for test in range(tests):
        kept = open_loop(np.cumsum(gaps[test]) / rate, slower * services[test]).responses[warm_up:]
        assert result.means[test] == pytest.approx(kept.mean(), rel=1e-9)
        assert result.percentiles[test] == pytest.approx(np.percentile(kept, 100 * share), rel=1e-9)


def test_many_tests_know_ties_and_requests_without_work() -> None:
    result = open_loops([[0, 0, 0, 0]], [[1, 1, 1, 0]], share=0.5)  # responses of 1, 2, 3 and 3
    assert (result.means.tolist(), result.percentiles.tolist()) == ([2.25], [2.5])
    assert open_loops([[0, 5]], [[0, 0]], share=0.99).percentiles.tolist() == [0]
    gaps = np.ones((2, 3))
    open_loops(gaps, gaps, rate=2.0, slower=3.0)
    assert (gaps == 1).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gaps": [1, 2]}, r"gaps has shape \(2,\), but must have a row for each test"),
        ({"gaps": [[]], "services": [[]]}, r"gaps has shape \(1, 0\)"),
        ({"gaps": [[1, -1]]}, "gaps holds numbers from -1.0 to 1.0"),
        ({"services": [[1, np.nan]]}, "services holds numbers from nan to nan"),
        ({"services": [[1, np.inf]]}, "each must be a finite number of at least 0"),
        ({"services": [[1], [1]]}, r"services has shape \(2, 1\), but must have that of gaps, \(1, 2\)"),
        ({"rate": 0}, "rate is 0"),
        ({"slower": -1}, "slower is -1"),
        ({"warm_up": 2}, "warm_up is 2, but must be a whole number from 0 to 1"),
        ({"share": 1.1}, "share is 1.1"),
    ],
)
def test_bad_input_of_many_tests_is_named(change, words) -> None:
    with pytest.raises(ValueError, match=words):
        open_loops(**({"gaps": [[1, 1]], "services": [[1, 1]]} | change))


def test_the_kernel_of_many_tests_runs_as_plain_python(monkeypatch) -> None:
    gaps, services = np.random.default_rng(3).exponential(size=(2, 4, 30))
    compiled = open_loops(gaps, services, warm_up=5, share=0.8)
    monkeypatch.setattr(load_testing, "_open_loops", getattr(load_testing._open_loops, "py_func", load_testing._open_loops))
    plain = open_loops(gaps, services, warm_up=5, share=0.8)
    np.testing.assert_allclose(plain.means, compiled.means, rtol=1e-12)
    np.testing.assert_allclose(plain.percentiles, compiled.percentiles, rtol=1e-12)


def test_the_kernel_runs_as_plain_python(monkeypatch) -> None:
    services = exponential(50, 1.0, 9)
    compiled = closed_loop(3, services, 2, stalls=[(2, 5)])
    monkeypatch.setattr(load_testing, "_closed", getattr(load_testing._closed, "py_func", load_testing._closed))
    np.testing.assert_array_equal(closed_loop(3, services, 2, stalls=[(2, 5)]).finishes, compiled.finishes)
