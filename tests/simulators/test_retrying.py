"""Retries: against SimPy and M/M/c, what every request is promised, and the storm that does not end."""

from __future__ import annotations

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators.retrying import RESERVE, simulate
from tests.simulators.request_stories import stories


def in_simpy(arrivals, services, servers, timeout, pauses, budget, cancel):
    environment = simpy.Environment()
    place = simpy.Resource(environment, servers)
    ends, answered, attempts = np.zeros(len(arrivals)), np.zeros(len(arrivals), dtype=bool), np.zeros(len(arrivals), dtype=int)
    tokens = [RESERVE]

    def serve(request, answer, gone):
        with place.request() as turn:
            yield turn
            if cancel and environment.now >= gone:
                return
            yield environment.timeout(services[request])
        answer.succeed()

    def ask(request):
        yield environment.timeout(arrivals[request])
        tokens[0] = min(tokens[0] + budget, RESERVE)
        while True:
            attempt = attempts[request]
            attempts[request] += 1
            answer, patience = environment.event(), environment.timeout(timeout)
            environment.process(serve(request, answer, environment.now + timeout))
            yield answer | patience
            if answer.triggered:
                answered[request] = True
                break
            if attempt == pauses.shape[1] or (np.isfinite(budget) and tokens[0] < 1):
                break
            tokens[0] -= 1
            yield environment.timeout(pauses[request, attempt])
        ends[request] = environment.now

    for request in range(len(arrivals)):
        environment.process(ask(request))
    environment.run()
    return ends, answered, attempts


@pytest.mark.parametrize("cancel", [False, True])
@pytest.mark.parametrize(
    ("servers", "attempts", "backoff", "jitter", "budget"),
    [(1, 3, 0.0, False, np.inf), (1, 4, 2.0, True, np.inf), (3, 2, 1.0, False, np.inf), (1, 4, 0.5, False, 0.2)],
)
def test_agrees_with_simpy_request_by_request(servers, attempts, backoff, jitter, budget, cancel):
    arrivals, services = workloads.bursty_arrivals(1_200, 0.7 * servers, 1), workloads.exponential_services(1_200, 1.0, 2)
    remedies = {"backoff": backoff, "jitter": jitter, "budget": budget if np.isfinite(budget) else None, "cancel": cancel}
    ours = simulate(arrivals, services, servers=servers, timeout=5, attempts=attempts, **remedies, seed=3)
    pauses = backoff * 2.0 ** np.arange(attempts - 1) * np.ones((1_200, 1))
    pauses *= np.random.default_rng(3).random(pauses.shape) if jitter else 1
    ends, answered, made = in_simpy(arrivals.tolist(), services.tolist(), servers, 5, pauses, budget, cancel)
    assert np.array_equal(ours.answered, answered)
    assert np.array_equal(ours.attempts, made)
    np.testing.assert_allclose(ours.arrivals + ours.responses, ends, rtol=1e-9)
    assert answered.mean() < 1 < made.mean()


@given(story=stories(), data=st.data())
def test_every_request_is_answered_or_given_up_once(story, data):
    arrivals, services, _ = story
    timeout, attempts = data.draw(st.sampled_from([None, 0.5, 4])), data.draw(st.integers(1, 4))
    budget, cancel = data.draw(st.sampled_from([None, 0, 0.5])), data.draw(st.booleans())
    result = simulate(arrivals, services, timeout=timeout, attempts=attempts, backoff=0.25, budget=budget, cancel=cancel)
    assert (result.attempts >= 1).all()
    assert (result.attempts <= attempts).all()
    assert np.array_equal((~np.isnan(result.sent)).sum(axis=1), result.attempts)
    assert np.array_equal(result.sent[:, 0], arrivals)
    last = result.sent[np.arange(arrivals.size), result.attempts - 1]
    waited = arrivals + result.responses - last
    if timeout is None:
        assert result.answered.all()
        assert result.wasted_work == 0
    else:
        assert (waited[result.answered] <= timeout).all()
        np.testing.assert_allclose(waited[~result.answered], timeout)
        failed = services @ (result.attempts - result.answered)
        assert result.wasted_work <= failed + 1e-9 if cancel else result.wasted_work == pytest.approx(failed)
    assert (result.responses >= np.where(result.answered, services, 0) - 1e-12).all()
    if budget is not None:
        assert (result.attempts - 1).sum() <= RESERVE + budget * arrivals.size
    assert result.useful_work == pytest.approx(services[result.answered].sum())


def test_clients_that_wait_for_ever_are_mmc():
    # 400,000 requests, three servers at ρ = 0.6, seeds 4 and 5; the first tenth warms up: standard error 0.3 %
    arrivals, services = workloads.poisson_arrivals(400_000, 1.8, 4), workloads.exponential_services(400_000, 1.0, 5)
    result = simulate(arrivals, services, servers=3)
    assert result.responses[40_000:].mean() == pytest.approx(1 + theory.mmc_mean_wait(1.8, 1.0, 3), rel=0.01)


def storm(**remedy):
    """A service that is offered 0.7, a crowd five times as large for a moment, and clients that ask four times; seeds 1 and 2."""
    arrivals = workloads.flash_crowd_arrivals(20_000, 0.7, 1, start=5_000, duration=200, peak=5)
    services = workloads.exponential_services(20_000, 1.0, 2)
    return simulate(arrivals, services, **{"timeout": 20, "attempts": 4} | remedy)


def test_a_moment_of_overload_becomes_a_storm_that_does_not_end():
    result = storm()
    middles, sent, answered = result.rates(1_000)
    before, after = middles < 5_000, middles > 15_000
    assert answered[before].mean() == pytest.approx(0.7, abs=0.05)
    assert answered[after].mean() < 0.01  # the cause has long gone
    failing = 1 - result.answered[result.arrivals > 15_000].mean()
    assert sent[after].mean() == pytest.approx(0.7 * theory.expected_attempts(failing, 4), rel=0.05)
    assert sent[after].mean() > 1


@pytest.mark.parametrize("remedy", [{"budget": 0.1}, {"attempts": 1}])
def test_remedies_that_end_the_storm(remedy):
    result = storm(**remedy)
    assert result.answered[-4_000:].mean() > 0.9


def test_a_server_that_throws_away_what_nobody_waits_for_stays_useful():
    assert storm(cancel=True).answered[-4_000:].mean() > 0.6
    assert storm().answered[-4_000:].mean() < 0.01


@pytest.mark.parametrize("remedy", [{"backoff": 20.0}, {"backoff": 100.0, "jitter": True}])
def test_pauses_alone_do_not_end_it(remedy):
    # they spread the load of the retries, and do not take any away: ρ × attempts stays above 1
    assert storm(**remedy).answered[-4_000:].mean() < 0.01


def test_a_pause_lets_a_short_overload_pass():
    arrivals, services = np.repeat([0.0, 100.0], 40), np.ones(80)
    at_once = simulate(arrivals, services, timeout=10, attempts=3)
    later = simulate(arrivals, services, timeout=10, attempts=3, backoff=40, jitter=True, seed=1)
    assert later.answered.sum() > at_once.answered.sum()


def test_amplification_and_windows():
    result = simulate([0, 1, 2], [4, 2, 2], timeout=4, attempts=2)
    assert result.amplification == pytest.approx(5 / 3)
    middles, sent, answered = result.rates(1.0)
    assert middles.tolist() == [0.5, 1.5]
    assert sent.tolist() == [1, 2]  # a window's end belongs to it only if it is the last
    assert answered.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"servers": 0}, ValueError, "servers is 0"),
        ({"timeout": 0}, ValueError, "timeout is 0"),
        ({"attempts": 21}, ValueError, "attempts is 21"),
        ({"backoff": -1}, ValueError, "backoff is -1"),
        ({"jitter": 1}, TypeError, "jitter is 1, but must be True or False"),
        ({"cancel": None}, TypeError, "cancel is None"),
        ({"budget": float("nan")}, ValueError, "budget is nan"),
        ({"services": [1, np.inf]}, ValueError, "services holds the service inf"),
        ({"arrivals": [1, 0]}, ValueError, "arrivals falls"),
        ({"seed": -5}, ValueError, "seed is -5"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        simulate(**{"arrivals": [0, 1], "services": [1, 1]} | arguments)


def test_a_window_must_be_one():
    with pytest.raises(ValueError, match="window is 0"):
        simulate([0], [1]).rates(0)
