"""The contract that every discipline keeps, what sets each of them apart, and what theory, SimPy and Ciw say of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory, workloads
from labsupport.simulators import estimates
from labsupport.simulators.disciplines import first_come_first_served, preemptive_priority, priority, processor_sharing
from labsupport.simulators.queueing import DISCIPLINES, simulate
from tests.simulators.queue_peers import in_ciw, in_simpy, shared_obviously

every_discipline = pytest.mark.parametrize("discipline", DISCIPLINES)
with_servers = [discipline for discipline in DISCIPLINES if discipline != "processor_sharing"]


@st.composite
def stories(draw, most=40):
    """Arrivals, services, priorities, servers and room, in eighths, so that moments coincide often and no rounding is in the way."""
    gaps = draw(st.lists(st.integers(0, 12), min_size=1, max_size=most))
    services = draw(st.lists(st.integers(0, 40), min_size=len(gaps), max_size=len(gaps)))
    ranks = draw(st.lists(st.integers(0, 3), min_size=len(gaps), max_size=len(gaps)))
    return np.cumsum(gaps) / 8, np.array(services) / 8, ranks, draw(st.integers(1, 5)), draw(st.none() | st.integers(1, 9))


def run(story, discipline):
    arrivals, services, ranks, servers, capacity = story
    return simulate(
        arrivals, services, servers, discipline=discipline, capacity=capacity, priorities=ranks if discipline.endswith("priority") else None
    )


# What every discipline promises


@every_discipline
@given(story=stories())
def test_everybody_is_served_once_or_lost(discipline, story):
    arrivals, services, _, _, capacity = story
    result = run(story, discipline)
    served = ~result.lost
    assert served.any()
    assert served.all() or capacity is not None
    assert (result.finishes[served] >= arrivals[served] + services[served] - 1e-9).all()
    assert result.responses.tolist() == (result.finishes - arrivals)[served].tolist()
    if discipline != "processor_sharing":
        assert np.array_equal(np.isnan(result.starts), result.lost)
        assert (result.waits >= 0).all()
        assert (result.waits + services[served] <= result.responses).all()
    assert result.utilization <= 1 + 1e-12


@every_discipline
@given(story=stories())
def test_no_server_is_idle_while_there_is_work(discipline, story):
    # With n present, min(n, c) servers work: over all time that is just the work of those who were served.
    _, services, _, servers, _ = story
    result = run(story, discipline)
    present = result.present
    working = np.minimum(present.counts[:-1], servers) @ np.diff(present.moments)
    assert working == pytest.approx(services[~result.lost].sum())


@every_discipline
@given(story=stories())
def test_who_was_found_and_who_was_lost(discipline, story):
    arrivals, _, _, _, capacity = story
    result = run(story, discipline)
    for customer, arrival in enumerate(arrivals):
        found = np.sum(result.finishes[:customer] > arrival + 1e-9)  # under sharing, moments are rounded
        assert discipline == "processor_sharing" or result.found[customer] == found
        if capacity is not None:
            assert found <= capacity
            assert result.lost[customer] == (found == capacity) or discipline == "processor_sharing"


@every_discipline
@given(story=stories(most=20), factor=st.sampled_from([0.25, 8.0]))
def test_the_unit_of_time_does_not_matter(discipline, story, factor):
    one, other = run(story, discipline), run((story[0] * factor, story[1] * factor, *story[2:]), discipline)
    assert np.array_equal(other.responses, one.responses * factor)
    assert np.array_equal(other.lost, one.lost)
    assert (other.load, other.utilization, other.stability) == (one.load, one.utilization, one.stability)


@every_discipline
@given(story=stories())
def test_littles_law_holds_on_every_run(discipline, story):
    result = run(story, discipline)
    moments = result.present.moments
    if moments[-1] > moments[0]:
        rate = np.sum(~result.lost) / (moments[-1] - moments[0])
        assert result.present.mean() == pytest.approx(theory.littles_law(rate, result.responses.mean()))


@every_discipline
@given(story=stories())
def test_one_server_is_free_at_the_same_moments_whoever_is_next(discipline, story):
    first = simulate(story[0], story[1])
    other = run((*story[:3], 1, None), discipline)
    assert other.finishes.max() == pytest.approx(first.finishes.max())


@every_discipline
def test_same_input_same_result_and_the_arrays_are_left_alone(discipline):
    arrivals, services = workloads.poisson_arrivals(500, 3.0, 1), workloads.exponential_services(500, 1.0, 2)
    ranks = np.arange(500) % 3
    given_arrays = [array.copy() for array in (arrivals, services, ranks)]
    first, second = (run((arrivals, services, ranks, 4, 9), discipline) for _ in range(2))
    assert np.array_equal(first.finishes, second.finishes, equal_nan=True)
    for array, before in zip((arrivals, services, ranks), given_arrays, strict=True):
        assert np.array_equal(array, before)
        assert array.flags.writeable
    for array in (first.arrivals, first.services, first.finishes, first.starts, first.present.counts, first.present.moments):
        if array is not None:
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0
    arrivals[0] = 0
    assert first.arrivals[0] == given_arrays[0][0]


@every_discipline
@pytest.mark.parametrize("servers", [1, 3, 100_000])
def test_extremes(discipline, servers):
    alone = run(([7], [2], [0], servers, None), discipline)
    assert alone.responses.tolist() == [2]
    assert alone.load == 0
    together = run((np.zeros(6), np.full(6, 2.0), [0] * 6, servers, None), discipline)
    assert together.finishes.max() == max(2, 12 / servers)
    assert together.load == np.inf
    nothing = run((np.zeros(3), np.zeros(3), [0] * 3, servers, 1), discipline)
    assert nothing.responses.tolist() == [0, 0, 0]  # a departure precedes an arrival at the same moment
    assert nothing.found.tolist() == [0, 0, 0]
    assert (nothing.utilization, nothing.load) == (0, 0)


KERNELS = {
    "first_come_first_served": first_come_first_served.run,
    "processor_sharing": processor_sharing.run,
    "priority": priority.run,
    "preemptive_priority": preemptive_priority.run,
}


@every_discipline
def test_a_kernel_is_compiled_for_one_kind_of_arrays_only(discipline):
    # A second kind would be compiled while the student waits, though the cache was warmed.
    arrivals = workloads.poisson_arrivals(40, 3.0, 1)
    frozen = arrivals.copy()
    frozen.flags.writeable = False
    for same in (arrivals, frozen, arrivals[::2], arrivals.tolist(), range(40)):
        run((same, same, [0] * len(same), 2, None), discipline)
        run((same, same, [0] * len(same), np.int64(2), np.int32(5)), discipline)
    assert len(KERNELS[discipline].signatures) == 1


# Against SimPy and Ciw, customer by customer


@pytest.mark.parametrize("discipline", with_servers)
@pytest.mark.parametrize("servers", [1, 2, 3, 8])
@pytest.mark.parametrize("capacity", [None, 12])
def test_agrees_with_simpy_customer_by_customer(discipline, servers, capacity):
    arrivals, services = workloads.bursty_arrivals(1_500, 0.85 * servers, 11), workloads.lognormal_services(1_500, 1.0, 12)
    ranks = np.random.default_rng(13).integers(0, 4, 1_500).tolist()
    result = run((arrivals, services, ranks, servers, capacity), discipline)
    starts, finishes = in_simpy(arrivals.tolist(), services.tolist(), servers, discipline, capacity or np.inf, ranks)
    assert np.array_equal(result.starts, starts, equal_nan=True)
    assert np.array_equal(result.finishes, finishes, equal_nan=True)
    assert capacity is None or result.lost.any()


@pytest.mark.parametrize("discipline", with_servers)
@given(story=stories(most=25))
def test_agrees_with_simpy_where_moments_coincide(discipline, story):
    arrivals, services, ranks, servers, capacity = story
    result = run(story, discipline)
    starts, finishes = in_simpy(arrivals.tolist(), services.tolist(), servers, discipline, capacity or np.inf, ranks)
    assert np.array_equal(result.starts, starts, equal_nan=True)
    assert np.array_equal(result.finishes, finishes, equal_nan=True)


@pytest.mark.parametrize("discipline", ["first_come_first_served", "processor_sharing"])
@pytest.mark.parametrize(("servers", "capacity"), [(1, None), (3, None), (8, None), (3, 5)])
def test_agrees_with_ciw_customer_by_customer(discipline, servers, capacity):
    gaps, services = np.diff(workloads.bursty_arrivals(1_500, 0.9 * servers, 14), prepend=0), workloads.lognormal_services(1_500, 1.0, 15)
    result = simulate(np.cumsum(gaps), services, servers, discipline=discipline, capacity=capacity)
    sharing = discipline == "processor_sharing"
    starts, finishes = in_ciw(gaps.tolist(), services.tolist(), servers, sharing=sharing, capacity=capacity or np.inf)
    if sharing:  # Ciw looks at everybody at each event, and so rounds otherwise
        np.testing.assert_allclose(result.finishes, finishes, rtol=1e-9)
    else:
        assert np.array_equal(result.starts, starts, equal_nan=True)
        assert np.array_equal(result.finishes, finishes, equal_nan=True)
    assert capacity is None or result.lost.any()


@given(story=stories())
def test_sharing_is_what_it_says(story):
    arrivals, services, _, servers, _ = story
    result = run((*story[:4], None), "processor_sharing")
    assert result.finishes == pytest.approx(shared_obviously(arrivals.tolist(), services.tolist(), servers), abs=1e-9)


# Against theory. The first tenth warms up, the rest makes 40 batches; seeds 21 and 22 unless said.


def steady(rate, services, servers=1, **options):
    arrivals = workloads.poisson_arrivals(services.size, rate, 21)
    return simulate(arrivals, services, servers, **options)


def assert_mean(values, expected, most):
    """The mean's 95 % interval covers the expected one and is no wider than a share of it to either side."""
    estimate = estimates.mean(values, warm_up=values.size // 10)
    assert estimate.half_width <= most * expected
    assert estimate.covers(expected), (str(estimate), expected)


@pytest.mark.parametrize(("servers", "load", "customers"), [(1, 0.5, 3_000_000), (2, 0.7, 4_000_000), (8, 0.8, 4_000_000), (50, 0.9, 3_000_000)])
def test_mmc(servers, load, customers):
    result = steady(load * servers, workloads.exponential_services(customers, 1.0, 22), servers)
    expected = theory.mmc_mean_wait(load * servers, 1.0, servers)
    assert_mean(result.responses, 1 + expected, 0.005)
    waits = result.waits[customers // 10 :]
    assert np.mean(waits > 0) == pytest.approx(theory.erlang_c(servers, load * servers), rel=0.02)
    for share in (0.5, 0.9, 0.99):
        response = estimates.percentile(result.responses, share, warm_up=customers // 10)
        assert response.value == pytest.approx(theory.mmc_response_percentile(load * servers, 1.0, servers, share), rel=0.012)
        wait = theory.mmc_wait_percentile(load * servers, 1.0, servers, share)
        assert np.percentile(waits, 100 * share) == pytest.approx(wait, rel=0.06, abs=0.01)  # few have to wait
    assert result.utilization == pytest.approx(load, rel=0.005)
    assert result.load == pytest.approx(load, rel=0.005)


SERVICES = {
    "M/D/1": (lambda: workloads.deterministic_services(1_000_000, 1.0), 0.0),
    "M/M/1": (lambda: workloads.exponential_services(3_000_000, 1.0, 22), 1.0),
    "M/G/1": (lambda: workloads.bimodal_services(4_000_000, 1.0, 22, share=0.1, ratio=5), 3.4 / 1.4**2 - 1),
}


@pytest.mark.parametrize("name", SERVICES)
def test_pollaczek_khinchine(name):
    draw, squared_cv = SERVICES[name]
    services = draw()
    assert services.var() / services.mean() ** 2 == pytest.approx(squared_cv, abs=0.01)
    assert_mean(steady(0.5, services).responses, 1 + theory.mg1_mean_wait(0.5, 1.0, squared_cv), 0.005)


@pytest.mark.parametrize("name", SERVICES)
def test_sharing_does_not_care_how_services_vary(name):
    services = SERVICES[name][0]()
    result = steady(0.5, services, discipline="processor_sharing")
    assert_mean(result.responses, theory.mg1_ps_mean_response(0.5, 1.0), 0.005)
    if name == "M/G/1":
        for service in np.unique(services):
            of_this_length = result.responses[400_000:][services[400_000:] == service]
            assert of_this_length.mean() == pytest.approx(theory.mg1_ps_mean_response(0.5, 1.0, service), rel=0.01)


@pytest.mark.parametrize("discipline", ["first_come_first_served", "processor_sharing"])
@pytest.mark.parametrize(("servers", "capacity", "load"), [(1, 5, 0.8), (3, 3, 0.9), (3, 8, 1.5)])
def test_limited_room(discipline, servers, capacity, load):
    # M/M/c/K, and Erlang's M/M/c/c; with exponential work, sharing has the same numbers present.
    services = workloads.exponential_services(1_500_000, 1.0, 22)
    result = steady(load * servers, services, servers, discipline=discipline, capacity=capacity)
    shares = theory.mmck_shares(load * servers, 1.0, servers, capacity)
    assert_mean(result.lost.astype(float), shares[-1], 0.02)
    assert_mean(result.responses, theory.mmck_mean_response(load * servers, 1.0, servers, capacity), 0.005)
    assert result.present.shares() == pytest.approx(shares, abs=0.004)
    assert result.steady


def test_arrivals_see_time_averages_if_they_are_poisson():
    services = workloads.exponential_services(1_000_000, 1.0, 22)
    result = steady(0.7, services)
    seen, shares = np.bincount(result.found) / services.size, result.present.shares()
    assert seen[:20] == pytest.approx(shares[:20], abs=0.003)
    assert seen[:20] == pytest.approx(0.3 * 0.7 ** np.arange(20), abs=0.005)
    regular = simulate(workloads.deterministic_arrivals(1_000_000, 0.7), services)
    assert np.mean(regular.found == 0) > regular.present.shares()[0] + 0.1  # who comes regularly finds it empty more often than it is


@pytest.mark.parametrize(("discipline", "expected"), [("priority", "waits"), ("preemptive_priority", "responses")])
def test_priorities(discipline, expected):
    # Two classes, ρ = 0.3 and 0.4 with services of 1 and 2; seeds 21 to 23.
    arrivals = workloads.poisson_arrivals(3_000_000, 0.5, 21)
    ranks = (np.random.default_rng(23).random(arrivals.size) < 0.4).astype(int)
    services = workloads.exponential_services(arrivals.size, 1.0, 22) * np.array([1.0, 2.0])[ranks]
    result = simulate(arrivals, services, discipline=discipline, priorities=ranks)
    formulas = {"waits": theory.mg1_priority_mean_waits, "responses": theory.mg1_preemptive_mean_responses}
    for rank, mean in enumerate(formulas[expected]([0.3, 0.2], [1.0, 2.0], 1.0)):
        assert_mean(getattr(result, expected)[ranks == rank], mean, 0.015)


# What sets the disciplines apart


def test_who_comes_first_starts_first():
    story = workloads.bursty_arrivals(2_000, 3.0, 31), workloads.lognormal_services(2_000, 1.0, 32)
    assert (np.diff(simulate(*story, 4).starts) >= 0).all()


@given(story=stories())
def test_equal_priorities_are_first_come_first_served(story):
    arrivals, services, _, servers, capacity = story
    plain = run(story, "first_come_first_served")
    for discipline in ("priority", "preemptive_priority"):
        equal = simulate(arrivals, services, servers, discipline=discipline, capacity=capacity, priorities=[7] * arrivals.size)
        assert np.array_equal(equal.finishes, plain.finishes, equal_nan=True)


@given(story=stories())
def test_the_most_urgent_do_not_notice_those_they_interrupt(story):
    arrivals, services, ranks, servers, _ = story
    urgent = np.array(ranks) == 0
    if urgent.any():
        result = run((*story[:4], None), "preemptive_priority")
        assert result.finishes[urgent].tolist() == simulate(arrivals[urgent], services[urgent], servers).finishes.tolist()


def test_sharing_has_no_waits():
    result = simulate([0, 1], [2, 2], discipline="processor_sharing")
    assert result.starts is None
    assert not hasattr(result, "waits")
    assert not hasattr(result, "waiting")
    with pytest.raises(AttributeError, match="nobody waits"):
        _ = result.waits


def test_heavy_tails_hurt_who_waits_and_not_who_shares():
    # Pareto work of infinite variance, seed 33: in one line, everybody waits for the few that are most of the work.
    services = workloads.pareto_services(200_000, 1.0, 33, shape=1.6)
    line, shared = (steady(0.7, services, discipline=discipline) for discipline in ("first_come_first_served", "processor_sharing"))
    assert line.responses.mean() > 3 * shared.responses.mean()
    slowed = [np.percentile(result.responses / services, 90) for result in (line, shared)]
    assert slowed[0] > 3 * slowed[1]


# Stability


def test_too_much_has_no_steady_state_and_says_so():
    services = workloads.exponential_services(20_000, 1.0, 34)
    result = steady(2.2, services, 2)
    assert not result.steady
    assert result.load == pytest.approx(1.1, rel=0.03)
    assert f"No steady state: the servers are offered {result.load:.2f} times" in result.stability
    halves = np.array_split(result.waits, 2)
    assert halves[1].mean() > 2 * halves[0].mean()
    assert steady(1.8, services, 2).stability == "The servers can keep up: they are offered 0.89 of what they can do."
    assert "always a steady state" in steady(2.2, services, 2, capacity=9).stability


# Bad input


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"arrivals": [1, 0]}, ValueError, "arrivals falls from 1.0 to 0.0 at index 1"),
        ({"arrivals": [-1, 0]}, ValueError, "arrivals holds the time -1.0"),
        ({"arrivals": []}, ValueError, "arrivals is empty"),
        ({"arrivals": [0, np.inf]}, ValueError, "arrivals holds the time inf"),
        ({"services": [1, -1]}, ValueError, "services holds the service -1.0, but each must be a finite number of at least 0"),
        ({"services": [1, np.nan]}, ValueError, "services holds the service nan"),
        ({"services": [1]}, ValueError, "services holds 1 numbers, but must hold one for each of the 2 requests"),
        ({"services": ["1", "2"]}, TypeError, "services holds <U1"),
        ({"servers": 0}, ValueError, "servers is 0, but must be a whole number from 1 to 100,000"),
        ({"servers": 1.0}, TypeError, "servers is 1.0"),
        ({"discipline": "fifo"}, ValueError, "discipline is 'fifo', but must be one of"),
        ({"capacity": 0}, ValueError, "capacity is 0, but must be a whole number of at least 1"),
        ({"priorities": [0, 1]}, ValueError, "priorities is given, but first_come_first_served makes no use of it"),
        ({"discipline": "priority"}, ValueError, "priorities is left out, but priority needs one for each of the 2 customers"),
        ({"discipline": "priority", "priorities": [0]}, ValueError, "priorities holds 1 numbers, but must hold one for each of the 2 customers"),
        ({"discipline": "priority", "priorities": [0, -1]}, ValueError, "priorities holds the priority -1"),
        ({"discipline": "priority", "priorities": [0, 2**31]}, ValueError, "priorities holds the priority 2147483648"),
        ({"discipline": "priority", "priorities": [0.5, 1]}, ValueError, "priorities holds float64"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        simulate(**{"arrivals": [0, 1], "services": [1, 1]} | arguments)
