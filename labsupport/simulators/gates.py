"""Gates: a load test that every change must pass, run so often that chance seldom decides.

A run of a program differs from the next by its noise, and all runs of a day share what kind of a day the machine has. Old and new are either
run in pairs, so that a pair shares its day, or the new version is held against numbers of the old one from another day.

References
----------
Georges, Buytaert, Eeckhout, "Statistically Rigorous Java Performance Evaluation", OOPSLA 2007; Daly et al., "The Use of Change Point
Detection to Identify Software Performance Regressions", ICPE 2020.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks

MOST_RUNS = 10_000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GateResult:
    """How long all runs of all changes took, in percent of what the old version takes on an ordinary day.

    Attributes
    ----------
    slower : ndarray of float64, shape (changes,)
        By how many percent each change makes the program slower in truth. Read-only.
    old, new : ndarray of float64, shape (changes, runs)
        The runs of both versions for each change, in the order in which they were made. Read-only.
    """

    slower: Floats
    old: Floats
    new: Floats

    @property
    def measured(self) -> Floats:
        """The mean difference of new and old for each change after one run of each, after two, and so on: shape (changes, runs)."""
        counts = np.arange(1, self.old.shape[1] + 1)
        return np.asarray(np.cumsum(self.new - self.old, axis=1) / counts)


def measure(slower: Any, runs: int, noise: float, day: float = 0.0, *, paired: bool = True, seed: int) -> GateResult:
    """Run the old and the new version of a program for each of some changes.

    Parameters
    ----------
    slower : array_like of float, shape (changes,)
        By how many percent each change makes the program slower; faster if negative. Not written to.
    runs : int
        How many runs of each version are made for every change, from 1 to 10,000.
    noise : float
        Standard deviation of a run, in percent, at least 0.
    day : float, optional
        Standard deviation of the machine's days, in percent, at least 0.
    paired : bool, optional
        Whether one run of each version is made on each day, or all of the old on one day and all of the new on another.
    seed : int
        At least 0.

    Returns
    -------
    GateResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    Without noise, a day that a pair shares does no harm:

    >>> result = measure([0, 5], 2, noise=0.0, day=10.0, seed=1)
    >>> result.measured.round(6)
    array([[0., 0.],
           [5., 5.]])
    """
    effects = np.array(slower, dtype=np.float64)
    if effects.ndim != 1 or effects.size == 0 or not np.isfinite(effects).all():
        raise ValueError(f"slower is {slower!r}, but must be a row of finite numbers, at least one")
    count = checks.integer("runs", runs, minimum=1, maximum=MOST_RUNS)
    spread, swing = checks.number("noise", noise, minimum=0), checks.number("day", day, minimum=0)
    if not isinstance(paired, bool):
        raise TypeError(f"paired is {paired!r}, but must be True or False")
    chance = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    old, new = 100 + spread * chance.standard_normal((2, effects.size, count))
    if paired:
        days = swing * chance.standard_normal((effects.size, count))
        old, new = old + days, new + days
    else:
        before, now = swing * chance.standard_normal((2, effects.size, 1))
        old, new = old + before, new + now
    new = new + effects[:, None]
    for column in (effects, old, new):
        column.flags.writeable = False
    return GateResult(effects, old, new)
