"""The gate lab: load tests that stop slow changes – how many harmless ones they stop as well, and how many slow ones they let through."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Columns, Line, Mark, Panel, Points, Role, Rule, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.steps import Step, Steps
from labsupport.simulators import gates
from labsupport.simulators.gates import GateResult
from labsupport.simulators.numbering import read_only

REQUESTS, PAIRS = 1_000_000, 4_000  # of each version: requests in all its tests, and tests at most
WARM_UP = 0.2  # of each test: it begins with nobody there
LIMITS = [0.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 75.0, 100.0]  # percent
PLACES = 40  # along the line of limits
ANY = np.linspace(0, 100, 41)  # percent: limits of which the best is named
BARS = 40  # of the histogram
ENOUGH = 20  # crowds that a test must see on average until its mean is about normal
FEW = 5  # percent of errors of either kind that may be lived with
TOLD = 20  # changes in the story
MEASURES = {"mean": "mean response", "p99": "99th percentile"}
RULES = {"measured": "as measured", "sure": "by the whole 95 % interval"}

STORY: dict[str, dict[str, Any]] = {
    "One test each": {"tests": 1},
    "Where nobody waits": {"load": 20},
    "By the 99th percentile": {"measure": "p99"},
    "Only what is sure": {"rule": "sure", "limit": 0.0},
    "Enough tests": {"tests": 20, "limit": 20.0},
}

Floats = NDArray[np.float64]


@lru_cache(maxsize=1)
def _users() -> tuple[Floats, Floats]:
    """Draw when users come and how much work each of them brings, for both versions, in units of 1 on average."""
    gaps, services = np.random.default_rng(74).standard_exponential((2, 2, REQUESTS))
    return read_only(gaps), read_only(services)


@lru_cache(maxsize=64)
def _run(load: float, requests: int, slower: float, measure: str) -> GateResult:
    """Put the old version to all its tests, and new ones that do as much work and more."""
    gaps, services = (drawn.reshape(2, -1, requests)[:, :PAIRS] for drawn in _users())
    return gates.measure(gaps, services, load / 100, [0.0, slower], warm_up=int(WARM_UP * requests), share=0.99 if measure == "p99" else None)


class GateLab(Lab[GateResult]):
    """Let every change pass a load test before it is merged, and see how often chance decides.

    Of both versions some tests are made, each with users of its own who come at random (open loop) to one server; its first fifth is warm-up and
    does not count. If the responses of the new version are longer by more than the limit allows, the change is stopped. A million requests
    are dealt out to the tests of each version, of which there are 4,000 at most: harmless changes do the same work as before, slow ones more.

    Parameters
    ----------
    load : int, default 70
        How much each test asks for, in percent of what the old version can do, 10 to 90.
    requests : int, default 1000
        How many are sent in each test, 100 to 2,000.
    tests : int, default 3
        How many are made of the old and of the new version, 1 to 20.
    slower : float, default 10.0
        By how many percent slow changes make the work for each request longer, 2 to 30.
    limit : float, default 10.0
        From how many percent longer responses on a change is stopped, 0 to 100.
    bad : int, default 5
        How many of 100 changes are slow, 1 to 50.
    measure : str, default "mean"
        What is compared: the mean response, or the 99th percentile (p99).
    rule : str, default "measured"
        Whether a change is stopped by what was measured, or only if the whole 95 % interval of the differences lies above the limit (sure).
    prediction : str, optional
        See `Lab`. The question is how many percent of the harmless changes are stopped.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = GateLab(tests=20, limit=20)
    >>> lab.answer() < 5 < GateLab().answer()
    True
    """

    title = "Gate"
    question = (
        "A gate makes three load tests of the old version and three of the new, each of 1,000 requests at 70 % load, and stops what takes 10 % "
        "longer or more on average: of 100 changes that do no harm at all, how many does it stop?"
    )
    main = "tests"

    load = Slider("load", [10, 20, 30, 40, 50, 60, 70, 80, 90], default=70, unit="%")
    requests = Slider("requests in each test", [100, 200, 500, 1_000, 2_000], default=1_000)
    tests = Slider("tests of each version", [1, 2, 3, 4, 5, 7, 10, 15, 20], default=3)
    slower = Slider("slow ones work longer by", [2.0, 5.0, 10.0, 15.0, 20.0, 30.0], default=10.0, unit="%")
    limit = Slider("stopped from", LIMITS, default=10.0, unit="%")
    bad = Slider("slow ones, of all changes", [1, 2, 5, 10, 20, 50], default=5, unit="%")
    measure = Choice("compared", MEASURES, default="mean")
    rule = Choice("stopped", RULES, default="measured")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of too few tests, of a load without crowds, of a number that is harder to know, of caution, and of enough."""
        return STORY

    def simulate(self) -> GateResult:
        """Make all tests."""
        return _run(self.load, int(self.requests), self.slower, self.measure)

    @property
    def _sure(self) -> bool:
        return bool(self.rule == "sure")

    @property
    def _effect(self) -> float | None:
        """By how many percent the responses of slow changes are longer in truth; nothing if they cannot keep up."""
        before, factor = self.load / 100, 1 + self.slower / 100
        return 100 * (factor * (1 - before) / (1 - before * factor) - 1) if before * factor < 1 else None

    def _wrong(self, limits: Any) -> Floats:
        """Return for each limit how many percent of the harmless changes are stopped from there on, and how many of the slow ones are let through."""
        harmless, slow = np.moveaxis(self.result.stopped(int(self.tests), limits, sure=self._sure).mean(axis=-1), -1, 0)
        return np.array([100 * harmless, 100 * (1 - slow)])

    def _exactly(self, limits: Any) -> Floats | None:
        """Return the same by theory; nothing where there is none, since a test is too short for it or reports no mean."""
        counted = int(self.requests) - int(WARM_UP * self.requests)
        before, factor = self.load / 100, 1 + self.slower / 100
        after = before * factor
        if self.measure != "mean" or after >= 1 or counted < ENOUGH * (1 + after) / (1 - after) ** 2:
            return None
        rates = np.array([1.0, 1 / factor])  # at which either version works, in services of the old one
        responses = np.asarray(theory.mm1_mean_response(before, rates))
        errors = np.asarray(theory.mm1_mean_response_error(before, rates, counted))
        old, old_error, shares = responses[0], errors[0], np.asarray(limits) / 100
        harmless, slow = (
            np.asarray(theory.gate_stops(old, new, shares, old_error, new_error, int(self.tests), sure=self._sure))
            for new, new_error in zip(responses, errors, strict=True)
        )
        return np.array([100 * harmless, 100 * (1 - slow)])

    def answer(self) -> float:
        """Give how many percent of the harmless changes are stopped."""
        return float(self._wrong(self.limit)[0])

    def chart(self) -> Chart:
        """Show what is measured of harmless and of slow changes, beside how often the gate errs with other limits."""
        return Chart((self._what_is_measured(), self._errors()))

    def _what_is_measured(self) -> Panel:
        measured = self.result.measured(int(self.tests))
        single = self.result.measured()  # so that with more tests the axis stays as it is
        low, high = -above(max(5.0, float(-np.quantile(single[0], 0.02)))), above(max(10.0, float(np.quantile(single[1], 0.98))))
        edges = np.linspace(low, high, BARS + 1)
        kinds: list[tuple[str, Floats, Role]] = [("harmless", measured[0], "other"), ("slow", measured[1], "main")]
        marks, most = list[Mark](), 0.0
        for name, changes, role in kinds:
            shares = 100 * np.histogram(np.clip(changes, low, high), edges)[0] / changes.size
            kept = shares > 0
            marks.append(Columns(name, edges[:-1][kept].tolist(), edges[1:][kept].tolist(), shares[kept].tolist(), role))
            most = max(most, float(shares.max()))
        if self.limit < high:
            marks.append(Rule(f"stopped from {self.limit:g} %", self.limit, role="reference"))
        x, y = Axis("responses longer by", (low, high), unit="%"), Axis("of the changes", (0, min(above(1.15 * most), 100.0)), unit="%")
        each = "test" if self.tests == 1 else f"{self.tests:g} tests"
        return Panel(f"{measured.shape[1]:,} changes of either kind, by {each} of each version", x, y, tuple(marks))

    def _errors(self) -> Panel:
        effect = LIMITS[-1] if self._effect is None else self._effect
        top = above(max(20.0, 1.2 * self.limit, 1.5 * min(effect, LIMITS[-1])))
        limits = np.linspace(0, top, PLACES)
        falsely, missed = self._wrong(limits).tolist()
        marks: list[Mark] = [*self._guess_band()]
        marks.append(Line("slow, let through", limits.tolist(), missed))
        marks.append(Line("harmless, stopped", limits.tolist(), falsely, "other"))
        places = np.linspace(0, top, 9)
        exact = self._exactly(places)
        if exact is not None:
            marks.append(Points("in theory", places.tolist() * 2, exact[::-1].ravel().tolist(), "theory"))
        here = self._wrong(self.limit)
        marks.append(Rule(f"{self.limit:g} %: {here[1]:.0f} and {here[0]:.0f} %", self.limit))
        x, y = Axis("stopped from", (0, top), unit="%"), Axis("of the changes", (-2, 105), unit="%")
        return Panel("How often the gate errs", x, y, tuple(marks))

    def describe(self) -> str:
        """Say how often the gate errs, what that means for those who are stopped, and which limit would be best."""
        falsely, missed = self._wrong(self.limit).tolist()
        tests = "one test" if self.tests == 1 else f"{self.tests:g} tests"
        first = f"With {tests} of each version, of {self.requests:,} requests, the gate stops {_share(falsely)} of the harmless changes and lets "
        first += f"{_share(missed)} of the slow ones through, whose responses are {self._truly}"
        return f"{first}. {self._advice(falsely, missed)}."

    @property
    def _truly(self) -> str:
        if self._effect is None:
            return "the longer, the longer the test: they can no longer keep up"
        return f"{self._effect:.0f} % longer in truth, for {self.slower:g} % more work"

    def _advice(self, falsely: float, missed: float) -> str:
        if self._sure and self.tests == 1:
            return "From one test of each there is no interval, so that nothing is ever sure, and nothing stopped"
        if self._effect is not None and self.limit >= self._effect:
            return f"Slow ones are not stopped from {self.limit:g} % on: with more tests they get through the more surely"
        harmless, slow = (100 - self.bad) * falsely, self.bad * (100 - missed)
        words = "Nothing is stopped at all"
        if harmless + slow:
            words = f"If {self.bad:g} change{'' if self.bad == 1 else 's'} in 100 {'is' if self.bad == 1 else 'are'} slow, "
            words += f"{_share(100 * harmless / (harmless + slow))} of what is stopped did no harm"
        if max(falsely, missed) <= FEW:
            return f"{words}; errors of either kind are at most {FEW} %"
        worst = self._wrong(ANY).max(axis=0)
        if worst.min() <= FEW:
            return f"{words}; with so many tests a limit of {ANY[worst.argmin()]:g} % would bring errors of either kind to {FEW} % or less"
        return f"{words}; no limit brings errors of both kinds to {FEW} %, only longer tests or more of them do"

    def table(self) -> pd.DataFrame:
        """Give how often the gate errs with each limit.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory), ``limit``, ``harmless_stopped`` and ``slow_passed``, in percent.
        """
        told = {"simulation": self._wrong(LIMITS), "theory": self._exactly(LIMITS)}
        parts = [
            pd.DataFrame({"source": source, "limit": LIMITS, "harmless_stopped": errors[0], "slow_passed": errors[1]})
            for source, errors in told.items()
            if errors is not None
        ]
        return pd.concat(parts, ignore_index=True)

    def steps_key(self) -> Any:
        """Name what the story depends on: everything."""
        return self.code

    def steps(self) -> Steps:
        """Tell change by change what is measured, and what becomes of it."""
        measured = self.result.measured(int(self.tests))
        stopped = self.result.stopped(int(self.tests), self.limit, sure=self._sure)
        told, merged = list[Step](), list[str]()
        for number in range(1, TOLD + 1):
            slow = number * int(self.bad) // 100 > (number - 1) * int(self.bad) // 100
            halted = bool(stopped[int(slow), number])
            truth = f"makes the work {self.slower:g} % longer" if slow else "does no harm"
            ends = {
                (True, True): "stopped, rightly",
                (True, False): "merged: it was missed",
                (False, True): "stopped for nothing",
                (False, False): "merged",
            }
            merged += [] if halted else [f"{number}{'!' if slow else ''}"]
            change = measured[int(slow), number]
            found = f"its responses are {abs(change):.1f} % {'shorter' if change < 0 else 'longer'}"
            sentence = f"Change {number} {truth}; {found}. It is {ends[slow, halted]}."
            told.append(Step(f"{number}", not halted, list(merged), "", sentence))
        return Steps("Change by change: which are merged", TOLD, "merged", "stopped", told)


def _share(percent: float) -> str:
    return f"{percent:.0f} %" if percent >= 9.95 or percent == 0 else f"{percent:.1f} %"
