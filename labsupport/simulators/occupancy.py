"""Occupancy: how many are present at a place as time passes, and how that weighs by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks


@dataclass(frozen=True)
class Occupancy:
    """A number that changes when somebody comes or goes, and stays as it is between.

    Attributes
    ----------
    moments : ndarray of float64, shape (changes,)
        When somebody came or went, each moment once, rising. Read-only.
    counts : ndarray of int64, shape (changes,)
        How many are present from each moment to the next; before the first and from the last on, nobody is. Read-only.
    """

    moments: NDArray[np.float64]
    counts: NDArray[np.int64]

    def at(self, times: Any) -> NDArray[np.int64]:
        """Look at some times.

        Parameters
        ----------
        times : array_like of float, shape (n,)
            Rising or not. Who comes at such a time is counted, who goes is not.

        Returns
        -------
        ndarray of int64, shape (n,)

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong.
        """
        places = np.searchsorted(self.moments, checks.amounts("times", times, kind="time"), side="right")
        return np.concatenate(([0], self.counts))[places]

    def mean(self, start: float | None = None, end: float | None = None) -> float:
        """Average over time: L in Little's law.

        Parameters
        ----------
        start, end : float, optional
            From when to when; left out, from the first moment to the last.

        Returns
        -------
        float
        """
        shares = self.shares(start, end)
        return float(np.arange(shares.size) @ shares)

    def shares(self, start: float | None = None, end: float | None = None) -> NDArray[np.float64]:
        """Give the share of the time in which nobody, one, two, … were present.

        Parameters
        ----------
        start, end : float, optional
            From when to when; left out, from the first moment to the last.

        Returns
        -------
        ndarray of float64, shape (largest number + 1,)
            Their sum is 1.

        Raises
        ------
        TypeError, ValueError
            If a time is none, or no time passes between the two.
        """
        begin = float(self.moments[0]) if start is None else checks.number("start", start, minimum=0)
        until = float(self.moments[-1]) if end is None else checks.number("end", end, minimum=0)
        if until <= begin:
            raise ValueError(f"start is {begin:g} and end is {until:g}, but some time must pass between them")
        borders = np.clip(np.concatenate(([begin], self.moments, [max(until, self.moments[-1])])), begin, until)
        counts = np.concatenate(([0], self.counts))
        return np.bincount(counts, weights=np.diff(borders)) / (until - begin)


def occupancy(enters: Any, leaves: Any) -> Occupancy:
    """Count who is present over time.

    Parameters
    ----------
    enters, leaves : array_like of float, shape (n,)
        When each came and went, at least 0, in any order.

    Returns
    -------
    Occupancy

    Raises
    ------
    TypeError, ValueError
        If a time is none, or the two differ in number.

    Examples
    --------
    >>> present = occupancy([0, 1], [4, 3])
    >>> present.moments, present.counts, present.mean()
    (array([0., 1., 3., 4.]), array([1, 2, 1, 0]), 1.5)
    >>> present.at([0.5, 1, 9])
    array([1, 2, 0])
    """
    came = np.sort(checks.amounts("enters", enters, kind="time"))
    gone = np.sort(checks.amounts("leaves", leaves, kind="time", length=came.size))
    moments = np.sort(np.concatenate((came, gone)), kind="stable")  # two rising halves: merged, not sorted anew
    moments = moments[np.concatenate(([True], moments[1:] > moments[:-1]))]
    counts = np.searchsorted(came, moments, side="right") - np.searchsorted(gone, moments, side="right")
    moments.flags.writeable = counts.flags.writeable = False
    return Occupancy(moments, counts)
