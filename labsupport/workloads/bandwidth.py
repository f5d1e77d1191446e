"""Bandwidth: what a line carries from one second to the next."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks


def markov_bandwidth(seconds: int, levels: Any, mean_stay: float, seed: int) -> NDArray[np.float64]:
    """Let a line's bandwidth jump between levels: it keeps one for a while, then takes another at random.

    A Markov chain: each second the level is kept with probability 1 − 1 / ``mean_stay``, otherwise any of the others follows, all
    equally likely. It begins in its steady state, where each level is as likely as the others.

    Parameters
    ----------
    seconds : int
        How long the trace is, at least 1.
    levels : array_like of float, shape (levels,)
        What the line carries at each level, at least 0, in any unit, such as kbit/s.
    mean_stay : float
        How many seconds a level is kept on average, at least 1.
    seed : int

    Returns
    -------
    ndarray of float64, shape (seconds,)
        The bandwidth of each second, in the unit of the levels.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Yin, Jindal, Sekar, Sinopoli, "A Control-Theoretic Approach for Dynamic Adaptive Video Streaming over HTTP", SIGCOMM 2015,
    makes its synthetic traces from such a chain.

    Examples
    --------
    >>> markov_bandwidth(8, [1000, 4000], mean_stay=3, seed=1)
    array([1000., 1000., 4000., 4000., 1000., 1000., 1000., 1000.])
    """
    length = checks.integer("seconds", seconds, 1)
    rates = checks.amounts("levels", levels, kind="level")
    stay = checks.number("mean_stay", mean_stay, 1)
    generator = np.random.default_rng(checks.integer("seed", seed, 0))
    start = generator.integers(rates.size)
    jumps = generator.random(length - 1) < 1 / stay
    steps = generator.integers(1, max(rates.size, 2), length - 1) * jumps
    return np.asarray(rates[(start + np.concatenate(([0], np.cumsum(steps)))) % rates.size])
