"""Autoscaling: the documentation's own examples, and a second program that keeps lists of recommendations and events as it describes."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.simulators import autoscaling
from labsupport.simulators.autoscaling import desired_replicas, simulate
from labsupport.simulators.autoscaling_rules import DOWN, UP, Policy, Rules


class Controller:
    """The published algorithm, written down a second time: with lists of what was recommended and done, and their times."""

    def __init__(self, target, minimum, maximum, tolerance, up, down):
        self.target, self.minimum, self.maximum, self.tolerance = target, minimum, maximum, tolerance
        self.rules = {"up": up, "down": down}
        self.recommendations, self.events = [], []

    def recommend(self, utilizations, unready):
        """Utilizations of the ready pods, None where the metric is missing."""
        replicas = len(utilizations) + unready
        known = [value for value in utilizations if value is not None]
        if not known:
            return replicas
        ratio = sum(known) / len(known) / self.target
        taken = known + [self.target if ratio < 1 else 0] * (len(utilizations) - len(known))
        if ratio > 1:
            taken += [0] * unready
        second = sum(taken) / len(taken) / self.target
        if abs(second - 1) <= self.tolerance + 1e-9 or (ratio < 1) != (second < 1):
            return replicas
        return math.ceil(second * len(taken) - 1e-9)

    def step(self, time, utilizations, unready):
        replicas = len(utilizations) + unready
        wish = min(max(self.recommend(utilizations, unready), self.minimum), self.maximum)
        self.recommendations = [*kept(self.recommendations, time), (time, wish)]
        recent = {way: [said for when, said in self.recommendations if when > time - rules.window] for way, rules in self.rules.items()}
        low, high = min([wish, *recent["up"]]), max([wish, *recent["down"]])
        wish = low if replicas < low else high if replicas > high else replicas
        if wish != replicas:
            way = "up" if wish > replicas else "down"
            rules, sign = self.rules[way], 1 if way == "up" else -1
            allowed = []
            for policy in rules.policies:
                began = replicas - sum(change for when, change in self.events if when > time - policy.period)
                change = policy.value if policy.kind == "pods" else began * policy.value / 100
                allowed.append(math.ceil(began + change - 1e-9) if way == "up" else math.floor(began - change + 1e-9))
            most = {"max": max, "min": min}[rules.select](allowed, key=lambda limit: sign * limit) if rules.select != "disabled" else replicas
            most = sign * max(sign * most, sign * replicas)
            wish = sign * min(sign * wish, sign * most)
        wish = min(max(wish, self.minimum), self.maximum)
        self.events = [*kept(self.events, time), (time, wish - replicas)]
        return wish


def kept(history, time):
    """Forget what is older than the longest window or period of these tests."""
    return [(when, what) for when, what in history if when > time - 300]


def followed(demand, target, minimum, maximum, up, down, startup, tick):
    """What the controller makes of a load, pod by pod."""
    controller, ages = Controller(target, minimum, maximum, 0.1, up, down), [-math.inf] * minimum
    replicas, ready = [], []
    for number, cores in enumerate(demand):
        now = number * tick
        working = [born for born in ages if born <= now + 1e-9]
        replicas.append(len(ages))
        ready.append(len(working))
        each = min(cores / len(working), 1.0) if working else 0
        wish = controller.step(now, [each] * len(working), len(ages) - len(working))
        ages = ages[:wish] + [now + tick + startup] * (wish - len(ages))
    return replicas, ready


rules = st.builds(
    Rules,
    window=st.sampled_from([0, 15, 60, 100]),
    policies=st.lists(
        st.builds(Policy, kind=st.sampled_from(["pods", "percent"]), value=st.integers(1, 100), period=st.sampled_from([15, 20, 60])),
        min_size=1,
        max_size=3,
    ),
    select=st.sampled_from(["max", "min", "disabled"]),
)


@settings(max_examples=60)
@given(
    demand=st.lists(st.integers(0, 40), min_size=1, max_size=40),
    target=st.sampled_from([0.3, 0.5, 0.8]),
    up=st.one_of(st.just(UP), rules),
    down=st.one_of(st.just(DOWN), rules),
    startup=st.sampled_from([0, 15, 40]),
    bounds=st.sampled_from([(1, 50), (3, 8)]),
)
def test_agrees_with_a_second_program_tick_by_tick(demand, target, up, down, startup, bounds):
    result = simulate(demand, target=target, minimum=bounds[0], maximum=bounds[1], up=up, down=down, startup=startup)
    replicas, ready = followed(demand, target, *bounds, up, down, startup, 15)
    assert result.replicas.tolist() == replicas
    assert result.ready.tolist() == ready
    assert (result.used <= result.demand + 1e-9).all()
    assert (result.used <= result.ready + 1e-9).all()
    assert bounds[0] <= result.replicas.min() <= result.replicas.max() <= bounds[1]


@given(
    pods=st.lists(st.tuples(st.sampled_from([None, 0.0, 0.2, 0.5, 0.9, 3.0]), st.booleans()), min_size=1, max_size=12),
    target=st.sampled_from([0.2, 0.5, 0.9]),
)
def test_pods_without_metric_or_not_ready_agree_with_the_second_program(pods, target):
    known = [value for value, able in pods if able]
    expected = Controller(target, 1, 99, 0.1, UP, DOWN).recommend(known, len(pods) - len(known))
    assert desired_replicas([np.nan if value is None else value for value, _ in pods], target, ready=[able for _, able in pods]) == expected


def test_the_documentations_ratio():
    assert desired_replicas([2.0] * 4, 1.0) == 8  # 200m where 100m is wanted: twice as many
    assert desired_replicas([0.5] * 4, 1.0) == 2
    assert desired_replicas([1.1] * 10, 1.0) == 10  # within the tolerance
    assert desired_replicas([1.11] * 10, 1.0) == 12


def test_the_documentations_eighty_pods_go_down_by_eight_and_later_by_four():
    # 4 pods or 10 % in a minute, whichever is more: from 80 to 10; looked at once a minute
    down = Rules(0, (Policy("pods", 4, 60), Policy("percent", 10, 60)))
    result = simulate([80.0] + [5.0] * 30, target=0.5, minimum=1, maximum=80, initial=80, up=Rules(0, UP.policies), down=down, tick=60)
    falling = result.replicas[1:]
    assert falling[:3].tolist() == [80, 72, 64]
    assert (falling[falling <= 40][:4] == [40, 36, 32, 28]).all()
    assert falling[-1] == 10
    least = Rules(0, (Policy("percent", 10, 60), Policy("pods", 5, 60)), select="min")
    result = simulate([80.0] + [5.0] * 30, target=0.5, minimum=1, maximum=80, initial=80, down=least, tick=60)
    assert np.diff(result.replicas).min() == -5
    off = simulate([80.0] + [5.0] * 30, maximum=80, initial=80, down=Rules(0, DOWN.policies, select="disabled"))
    assert (off.replicas == 80).all()


def test_by_default_it_doubles_or_adds_four_and_goes_down_after_five_minutes():
    result = simulate([100.0] * 20 + [0.1] * 40, target=0.1, startup=0, maximum=100)
    assert result.replicas[:6].tolist() == [1, 5, 10, 20, 40, 80]
    low = np.flatnonzero(result.replicas[20:] < 100)[0]
    assert low * 15 == 300  # last asked for at the end of tick 19, and for 5 minutes the highest recommendation counts


def test_a_window_stops_the_flapping():
    demand = np.where(np.arange(400) // 8 % 2 == 0, 4.0, 7.0)
    restless = simulate(demand, target=0.7, initial=6, down=Rules(0, DOWN.policies))
    calm = simulate(demand, target=0.7, initial=6)
    assert restless.reversals > 20
    assert calm.reversals < 3
    assert calm.turned_away <= restless.turned_away
    assert calm.core_hours > restless.core_hours


def test_measures_are_what_they_say():
    result = simulate([1.0, 3.0, 3.0, 3.0], target=1.0, minimum=2, maximum=2, request=0.5, limit=1.0)
    assert result.used.tolist() == [1, 2, 2, 2]
    assert result.utilization.tolist() == [1, 2, 2, 2]
    assert result.turned_away == pytest.approx(0.3)
    assert result.overloaded == 0.75
    assert result.core_hours == pytest.approx(4 * 15 / 3600)
    assert result.changes == result.reversals == 0
    assert simulate([0.0]).turned_away == 0
    assert not result.used.flags.writeable


def test_plain_python_agrees():
    demand = 5 + 4 * np.sin(np.arange(200) / 9)
    compiled = simulate(demand)
    replicas, ready, used = np.full(200, 1), np.zeros(200, dtype=np.int64), np.zeros(200)
    plain = getattr(autoscaling._scale, "py_func", autoscaling._scale)
    plain(demand, 15.0, 1.0, 1.0, 0.5, 0.1, 1, 100, UP.table, 0, 0.0, DOWN.table, 0, 300.0, 30.0, replicas, ready, used)
    assert (replicas == compiled.replicas).all()
    assert (used == compiled.used).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: simulate([]), "demand is empty"),
        (lambda: simulate([-1.0]), "demand holds the demand -1.0"),
        (lambda: simulate([1.0], target=0), "target is 0"),
        (lambda: simulate([1.0], minimum=0), "minimum is 0"),
        (lambda: simulate([1.0], minimum=5, maximum=4), "maximum is 4"),
        (lambda: simulate([1.0], initial=200), "initial is 200"),
        (lambda: simulate([1.0], request=0), "request is 0"),
        (lambda: simulate([1.0], limit=-1), "limit is -1"),
        (lambda: simulate([1.0], startup=-1), "startup is -1"),
        (lambda: simulate([1.0], tick=0), "tick is 0"),
        (lambda: Policy("nodes", 1, 15), "kind is 'nodes'"),
        (lambda: Policy("pods", 0, 15), "value is 0"),
        (lambda: Policy("pods", 1, 0), "period is 0"),
        (lambda: Rules(4_000, DOWN.policies), "window is 4000"),
        (lambda: Rules(0, ()), "policies is empty"),
        (lambda: Rules(0, DOWN.policies, "most"), "select is 'most'"),
        (lambda: desired_replicas([], 0.5), "utilizations is []"),
        (lambda: desired_replicas([-1.0], 0.5), "utilizations holds the utilization -1.0"),
        (lambda: desired_replicas([1.0], 0.5, ready=[True, False]), "ready holds 2 values"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        call()
