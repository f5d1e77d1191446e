"""The gate lab: a test that stops slow changes – how many harmless ones it stops as well, and how many slow ones it lets through."""

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

CHANGES = 2_000  # of either kind
RUNS = [1, 2, 3, 4, 5, 7, 10, 15, 20, 30]
BARS = 60  # of the histogram
ORDERS = {"paired": "old and new in pairs", "baseline": "new, against last week’s old"}

STORY: dict[str, dict[str, Any]] = {
    "One run each": {"runs": 1},
    "Strict": {"limit": 1.0},
    "Enough runs": {"runs": 10, "limit": 2.5},
    "Against last week's numbers": {"order": "baseline", "runs": 30},
    "Too small to be seen": {"slower": 1.0, "limit": 0.5, "runs": 30},
}


@lru_cache(maxsize=64)
def _run(slower: float, noise: float, day: float, order: str) -> tuple[GateResult, NDArray[np.float64]]:
    """Test harmless changes and slow ones, and return the runs and what is measured after each."""
    effects = np.repeat([0.0, slower], CHANGES)
    result = gates.measure(effects, RUNS[-1], noise, day, paired=order == "paired", seed=74)
    return result, result.measured


class GateLab(Lab[GateResult]):
    """Let every change pass a load test before it is merged, and see how often chance decides.

    2,000 changes do no harm, and 2,000 make the program slower. Of both versions some runs are made, and if the new one takes longer on
    average than the limit allows, the change is stopped. Times are in percent of what the old version takes.

    Parameters
    ----------
    runs : int, default 3
        How many runs are made of the old and of the new version, 1 to 30.
    limit : float, default 3.0
        From how many percent on a change is stopped, 0 to 10.
    slower : float, default 5.0
        By how many percent the bad changes make the program slower, 0.5 to 20.
    noise : float, default 2.0
        Standard deviation from run to run, in percent, 0.5 to 10.
    day : float, default 3.0
        Standard deviation from day to day, in percent, 0 to 10.
    order : str, default "paired"
        Whether old and new are run in pairs, or the new one is held against last week's runs of the old one (baseline).
    prediction : str, optional
        See `Lab`. The question is how many percent of the slow changes are let through.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = GateLab(runs=30)
    >>> lab.answer() < 0.5
    True
    """

    title = "Gate"
    question = (
        "Two runs of one program differ, by 2 % as a rule. A gate makes three runs of the old version and three of the new, and stops what takes "
        "3 % longer or more: of 100 changes that are 5 % slower, how many are let through?"
    )
    main = "runs"

    runs = Slider("runs of each version", RUNS, default=3)
    limit = Slider("stopped from", [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0], default=3.0, unit="%")
    slower = Slider("bad ones are slower by", [0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0], default=5.0, unit="%")
    noise = Slider("from run to run ±", [0.5, 1.0, 2.0, 3.0, 5.0, 10.0], default=2.0, unit="%")
    day = Slider("from day to day ±", [0.0, 1.0, 2.0, 3.0, 5.0, 10.0], default=3.0, unit="%")
    order = Choice("compared", ORDERS, default="paired")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of too few runs, of strictness, of enough, of a baseline that no number of runs makes better, and of a limit to all this."""
        return STORY

    def idle(self) -> list[str]:
        """Name the days, where the two of a pair share them."""
        return ["day"] if self.order == "paired" else []

    @property
    def _shared(self) -> float:
        """How much the days of the two versions differ: in pairs not at all."""
        return 0.0 if self.order == "paired" else self.day

    def _measured(self) -> NDArray[np.float64]:
        return _run(self.slower, self.noise, self._shared, self.order)[1]

    def simulate(self) -> GateResult:
        """Test all changes."""
        return _run(self.slower, self.noise, self._shared, self.order)[0]

    def _wrong(self, runs: float) -> tuple[float, float]:
        """Return how many percent of the harmless changes are stopped after so many runs, and how many of the slow ones are let through."""
        stopped = self._measured()[:, int(runs) - 1] >= self.limit
        return 100 * float(stopped[:CHANGES].mean()), 100 * float((~stopped[CHANGES:]).mean())

    def _exactly(self, runs: float) -> tuple[float, float]:
        """Return the same by theory."""
        stops = theory.gate_stops([0.0, self.slower], self.limit, int(runs), self.noise, self._shared)
        harmless, slow = np.asarray(stops).tolist()
        return 100 * harmless, 100 * (1 - slow)

    def answer(self) -> float:
        """Give how many percent of the slow changes are let through."""
        return self._wrong(self.runs)[1]

    def chart(self) -> Chart:
        """Show what is measured of harmless and of slow changes, beside how often the gate errs with more runs."""
        return Chart((self._what_is_measured(), self._errors()))

    def _what_is_measured(self) -> Panel:
        measured = self._measured()[:, int(self.runs) - 1]
        around = above(3 * float(np.hypot(self.noise, self._shared)) * 2**0.5)  # so that with more runs the axis stays as it is
        edges = np.linspace(-around, self.slower + around, BARS + 1)
        kinds: list[tuple[str, NDArray[np.float64], Role]] = [("harmless", measured[:CHANGES], "other"), ("slower", measured[CHANGES:], "main")]
        marks, most = list[Mark](), 0.0
        for name, each, role in kinds:
            shares = 100 * np.histogram(np.clip(each, edges[0], edges[-1]), edges)[0] / CHANGES
            kept = shares > 0
            marks.append(Columns(name, edges[:-1][kept].tolist(), edges[1:][kept].tolist(), shares[kept].tolist(), role))
            most = max(most, float(shares.max()))
        if self.limit < edges[-1]:
            marks.append(Rule(f"stopped from {self.limit:g} %", self.limit, role="reference"))
        x, y = Axis("new, less old", (float(edges[0]), float(edges[-1])), unit="%"), Axis("of the changes", (0, above(1.15 * most)), unit="%")
        return Panel(f"What is measured in {self.runs:g} run{'' if self.runs == 1 else 's'} of each", x, y, tuple(marks))

    def _errors(self) -> Panel:
        places = sorted({*RUNS, int(self.runs)})
        wrong, exact = [self._wrong(each) for each in places], [self._exactly(each) for each in places]
        marks: list[Mark] = [*self._guess_band()]
        marks.append(Line("slow, let through", places, [missed for _, missed in wrong]))
        marks.append(Line("harmless, stopped", places, [falsely for falsely, _ in wrong], "other"))
        marks.append(Points("in theory", places * 2, [each[kind] for kind in (1, 0) for each in exact], "theory"))
        falsely, missed = self._wrong(self.runs)
        marks.append(Rule(f"{self.runs:g}: {missed:.0f} and {falsely:.0f} %", self.runs))
        top = min(above(1.2 * max(5.0, *(max(pair) for pair in wrong))), 105.0)
        x, y = Axis("runs of each version", (1, RUNS[-1]), scale="log"), Axis("of the changes", (-0.02 * top, top), unit="%")
        return Panel("How often the gate errs", x, y, tuple(marks))

    def describe(self) -> str:
        """Say how often the gate errs, and what would help."""
        falsely, missed = self._wrong(self.runs)
        first = f"With {self.runs:g} run{'' if self.runs == 1 else 's'} of each the gate stops {_share(falsely)} of the harmless changes, and lets "
        first += f"{_share(missed)} of those through that are {self.slower:g} % slower"
        if self.limit >= self.slower:
            return (
                f"{first}. What is {self.slower:g} % slower is not stopped from {self.limit:g} % on: with more runs it gets through the more surely."
            )
        if self.limit == 0:
            return f"{first}. Whatever the number of runs, half of the harmless ones are stopped: they are slower or faster by chance."
        enough = next((runs for runs in RUNS if max(self._exactly(runs)) <= 5), None)
        if self.order == "baseline" and enough is None:
            least = max(self._exactly(10**6))
            return f"{first}. More runs do not help: all of them share their day, and even a million would leave {_share(least)} of errors."
        if enough is None:
            return f"{first}. Not even {RUNS[-1]} runs bring both below 5 %: so small a difference from the limit is not seen in such noise."
        return f"{first}. For errors of either kind below 5 % it takes {enough} run{'' if enough == 1 else 's'} of each."

    def table(self) -> pd.DataFrame:
        """Give how often the gate errs with each number of runs.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory), ``runs``, ``harmless_stopped`` and ``slow_passed``, in percent.
        """
        rows = [("simulation", runs, *self._wrong(runs)) for runs in RUNS] + [("theory", runs, *self._exactly(runs)) for runs in RUNS]
        return pd.DataFrame(rows, columns=["source", "runs", "harmless_stopped", "slow_passed"])

    def steps_key(self) -> Any:
        """Name what the story depends on: everything."""
        return self.code

    def steps(self) -> Steps:
        """Tell change by change what is measured, and what becomes of it."""
        measured, told, merged = self._measured()[:, int(self.runs) - 1], list[Step](), list[str]()
        for number in range(1, 13):
            bad = number % 4 == 0
            difference = float(measured[number + (CHANGES if bad else 0)])
            stopped = difference >= self.limit
            truth = f"is {self.slower:g} % slower" if bad else "does no harm"
            ends = {
                (True, True): "stopped, rightly",
                (True, False): "merged: it was missed",
                (False, True): "stopped for nothing",
                (False, False): "merged",
            }
            merged += [] if stopped else [f"{number}{'!' if bad else ''}"]
            sentence = f"Change {number} {truth}; measured are {difference:+.1f} %. It is {ends}."
            told.append(Step(f"{number}", not stopped, list(merged), "", sentence))
        return Steps("Change by change: every fourth is slower", 12, "merged", "stopped", told)


def _share(percent: float) -> str:
    return f"{percent:.0f} %" if percent >= 9.95 or percent == 0 else f"{percent:.1f} %"
