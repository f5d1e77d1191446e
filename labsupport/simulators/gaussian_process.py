"""A Gaussian process: what is to be expected where nothing was measured, how sure that is, and what looking there may gain.

The Gaussian process is a dozen lines here, and not scikit-learn's: importing that takes 2.4 s of a processor and 149 MB more, measured on two
cores with scikit-learn 1.9, of which a small shared machine has too little for every student. A test holds the one against the other to 1e-8.

References
----------
D. R. Jones, M. Schonlau and W. J. Welch, "Efficient Global Optimization of Expensive Black-Box Functions", Journal of Global Optimization 13, 1998.
C. E. Rasmussen and C. K. I. Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, chapter 2.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport.kernels import kernel

Floats = NDArray[np.float64]

LENGTHS, NOISE = (0.1, 0.2, 0.4), 0.1  # of the square of all settings; and of a measurement, in standard deviations of all of them


def posterior(places: ArrayLike, values: ArrayLike, asked: ArrayLike) -> tuple[Floats, Floats]:
    """Return what a Gaussian process that has seen some values expects elsewhere.

    Its mean is 0, its covariance exp(−d² / 2 l²) at distance d; of the lengths l = 0.1, 0.2 and 0.4 it takes the one under which the values are
    the most likely. Measurements have a standard deviation of 0.1.

    Parameters
    ----------
    places : array_like of float, shape (n, 2)
    values : array_like of float, shape (n,)
    asked : array_like of float, shape (m, 2)

    Returns
    -------
    ndarray of float, shape (m,)
        The means.
    ndarray of float, shape (m,)
        The standard deviations, without the noise of a measurement.

    References
    ----------
    Rasmussen and Williams 2006, algorithm 2.1.

    Examples
    --------
    >>> mean, deviation = posterior([[0, 0], [1, 1]], [1, -1], [[0, 0], [0.5, 0.5]])
    >>> mean.round(2), deviation.round(2)
    (array([0.99, 0.  ]), array([0.1, 1. ]))
    """
    known, seen, targets = np.asarray(places, dtype=np.float64), np.asarray(values, dtype=np.float64), np.asarray(asked, dtype=np.float64)
    twice = 2 * np.square(LENGTHS)[:, None, None]
    lowers = np.linalg.cholesky(np.exp(-_squares(known, known) / twice) + NOISE**2 * np.eye(seen.size))  # one for each length
    weights = np.linalg.solve(lowers, np.broadcast_to(seen[:, None], (len(LENGTHS), seen.size, 1)))[..., 0]
    likelihoods = -0.5 * (weights**2).sum(axis=1) - np.log(np.diagonal(lowers, axis1=1, axis2=2)).sum(axis=1)
    fit = int(np.argmax(likelihoods))
    share = np.linalg.solve(lowers[fit], np.exp(-_squares(known, targets) / twice[fit]))
    return np.asarray(share.T @ weights[fit]), np.sqrt(np.maximum(1 - (share**2).sum(axis=0), 0))


def _squares(one: Floats, other: Floats) -> Floats:
    """Give the squared distance of each place to each other one."""
    return np.asarray((one[:, None, 0] - other[None, :, 0]) ** 2 + (one[:, None, 1] - other[None, :, 1]) ** 2)


def expected_improvement(mean: ArrayLike, deviation: ArrayLike, best: float) -> Floats:
    """Return by how much, on average, a normally distributed value will be below the best so far.

    Parameters
    ----------
    mean, deviation : array_like of float, shape (m,)
        What is expected, and how sure that is.
    best : float
        The lowest value so far.

    Returns
    -------
    ndarray of float, shape (m,)

    References
    ----------
    Jones, Schonlau and Welch 1998.

    Examples
    --------
    >>> expected_improvement([0, 0, 1], [0, 1, 1], best=0).round(3)
    array([0.   , 0.399, 0.083])
    """
    middle, width = np.asarray(mean, dtype=np.float64), np.asarray(deviation, dtype=np.float64)
    lead = best - middle
    scaled = np.divide(lead, width, out=np.zeros_like(lead), where=width > 0)
    improved = lead * _below(scaled.ravel()).reshape(scaled.shape) + width * np.exp(-0.5 * scaled**2) / math.sqrt(2 * math.pi)
    return np.where(width > 0, improved, np.maximum(lead, 0))


# The normal distribution function, of which NumPy has none.
@kernel
def _below(values: Floats) -> Floats:
    shares = np.empty(values.size)
    for index in range(values.size):
        shares[index] = 0.5 * (1 + math.erf(values[index] / math.sqrt(2)))
    return shares
