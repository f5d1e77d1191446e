"""Gates: a load test that every change must pass, of the old version and of the new, made so often that chance seldom decides.

Every test is a short one of a server with one line, in an open loop, and reports one number of its requests. Two tests of one version differ,
since the requests of a test wait for each other: each test sees a few crowds, and how many is luck. Nothing else makes noise here.

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

from labsupport import checks, theory
from labsupport.simulators import load_testing
from labsupport.simulators.numbering import read_only

CONFIDENCE = 0.95  # of the interval that a careful gate looks at

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GateResult:
    """What every test reported: of the old version, and of new ones that do as much work as the old one, or more.

    Attributes
    ----------
    slower : ndarray of float64, shape (kinds,)
        By how many percent each kind of change makes the work for a request longer. Read-only.
    old : ndarray of float64, shape (pairs,)
        The response that each test of the old version reports, in mean services of that version. Read-only.
    new : ndarray of float64, shape (kinds, pairs)
        The same of the new version, by each kind of change; the users of a test are the same for all of them. Read-only.
    """

    slower: Floats
    old: Floats
    new: Floats

    def measured(self, tests: int = 1) -> Floats:
        """Return by how many percent the new version was slower, for each change that was given so many tests of both versions.

        Parameters
        ----------
        tests : int, optional
            How many pairs of tests make up one change, from 1 to all. Pairs that are left over are not used.

        Returns
        -------
        ndarray of float64, shape (kinds, changes)

        Raises
        ------
        TypeError, ValueError
            If there are not so many.

        Examples
        --------
        >>> GateResult(np.array([0.0]), np.array([2.0, 4.0]), np.array([[3.0, 3.0]])).measured().tolist()
        [[50.0, -25.0]]
        """
        return np.asarray(100 * (self._changes(self.new, tests).mean(axis=-1) / self._changes(self.old, tests).mean(axis=-1) - 1))

    def stopped(self, tests: int, limit: Any, *, sure: bool = False) -> NDArray[np.bool_]:
        """Return which changes are stopped.

        Parameters
        ----------
        tests : int
            How many pairs of tests make up one change, from 1 to all.
        limit : float or array_like of float
            From how many percent on a new version is too slow.
        sure : bool, optional
            Whether what was measured suffices, or the whole 95 % interval of the differences of pairs must lie above the limit. From one
            pair there is no interval, and nothing is sure.

        Returns
        -------
        ndarray of bool, shape (kinds, changes)
            With several limits, one such array for each.

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong.

        Examples
        --------
        >>> result = GateResult(np.array([0.0]), np.array([2.0, 2.0]), np.array([[2.9, 3.1]]))
        >>> result.stopped(2, 40).tolist(), result.stopped(2, [40, -20], sure=True).tolist()
        ([[True]], [[[False]], [[True]]])
        """
        limits = np.asarray(limit, dtype=np.float64)
        if not np.isfinite(limits).all():
            raise ValueError(f"limit is {limit!r}, but must be a finite number, or an array of such")
        # A new version is too slow if it takes more than the old one with the limit added to it.
        factor = (1 + limits / 100)[..., None, None]
        old, new = self._changes(self.old, tests), self._changes(self.new, tests)
        before, after = old.mean(axis=-1), new.mean(axis=-1)
        beyond = after - factor * before
        if not sure:
            return np.asarray(beyond >= 0)
        if tests == 1:
            return np.zeros(beyond.shape, dtype=np.bool_)
        # The variance of new − factor × old, for all limits at once, from that of either and from how they vary together.
        apart, away = old - before[..., None], new - after[..., None]
        spread = np.sum(away**2, axis=-1) - 2 * factor * np.sum(apart * away, axis=-1) + factor**2 * np.sum(apart**2, axis=-1)
        error = np.sqrt(np.maximum(spread, 0) / (tests - 1) / tests)
        return np.asarray(beyond >= theory.student_quantile((1 + CONFIDENCE) / 2, tests - 1) * error)

    def _changes(self, responses: Floats, tests: int) -> Floats:
        """Deal out the tests: a row of so many for each change."""
        count = checks.integer("tests", tests, minimum=1, maximum=self.old.size)
        changes = self.old.size // count
        return responses[..., : changes * count].reshape(*responses.shape[:-1], changes, count)


def measure(gaps: Any, services: Any, load: float, slower: Any, *, warm_up: int = 0, share: float | None = None) -> GateResult:
    """Put an old version of a service, and new ones, to one load test after the other.

    Parameters
    ----------
    gaps : array_like of float, shape (2, pairs, requests)
        Times between requests, of mean 1, for each test of the old version, and for each of the new. Not written to.
    services : array_like of float, shape (2, pairs, requests)
        Times that the old version works for each request, of mean 1. Not written to.
    load : float
        How much is asked for, as a share of what the old version can do, above 0.
    slower : array_like of float, shape (kinds,)
        By how many percent each kind of change makes the work for a request longer; shorter if negative. Not written to.
    warm_up : int, optional
        How many requests of each test come first and do not count, at least 0, and less than all.
    share : float, optional
        Which percentile a test reports, from 0 to 1; the mean if left out.

    Returns
    -------
    GateResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    Two pairs of tests of three requests, at full load, where nobody ever waits for the old version:

    >>> ones = np.ones((2, 2, 3))
    >>> measure(ones, ones, load=1.0, slower=[0, 50]).new
    array([[1., 1.],
           [2., 2.]])
    """
    between, work = (_versions(name, each) for name, each in (("gaps", gaps), ("services", services)))
    effects = np.array(slower, dtype=np.float64)
    if effects.ndim != 1 or effects.size == 0 or not np.isfinite(effects).all() or (effects <= -100).any():
        raise ValueError(f"slower is {slower!r}, but must be a row of finite numbers above -100, at least one")
    rate = checks.number("load", load, above=0)

    def reported(version: int, slow: float) -> Floats:
        # Where only the mean is asked for, the greatest response is the percentile that costs least.
        kept = 1.0 if share is None else share
        result = load_testing.open_loops(between[version], work[version], rate=rate, slower=1 + slow / 100, warm_up=warm_up, share=kept)
        return result.means if share is None else result.percentiles

    return GateResult(read_only(effects), read_only(reported(0, 0.0)), read_only(np.array([reported(1, slow) for slow in effects.tolist()])))


def _versions(name: str, values: Any) -> Floats:
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 3 or len(rows) != 2:
        raise ValueError(f"{name} has shape {rows.shape}, but must hold two versions, with a row for each test and a column for each request")
    return rows
