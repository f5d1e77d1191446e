"""Scaling fits: which law of scaling measured points follow, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from labsupport import checks, theory

Floats = NDArray[np.float64]
STEPS = 60  # of Gauss and Newton, more than they ever need
LAWS = {"usl": (True, True), "amdahl": (True, False)}  # whether contention and coherency are free


@dataclass(frozen=True)
class ScalingFit:
    """A law of scaling, fitted to measured points.

    Attributes
    ----------
    law : {"usl", "amdahl"}
    rate : float
        Throughput of one worker.
    contention, coherency : float
        As for `labsupport.theory.usl_throughput`; the coherency of Amdahl's law is 0.
    error : float
        Standard deviation of the points around the curve.
    samples : ndarray of float64, shape (samples, 3)
        Rate, contention and coherency as they came out when the points were scattered anew around the curve. Read-only.
    """

    law: str
    rate: float
    contention: float
    coherency: float
    error: float
    samples: Floats

    def throughput(self, workers: Any) -> Floats:
        """Return what the law says.

        Parameters
        ----------
        workers : array_like of float
            At least 1.

        Returns
        -------
        ndarray of float64
        """
        return np.asarray(theory.usl_throughput(workers, self.rate, self.contention, self.coherency))

    def band(self, workers: Any, confidence: float = 0.9) -> tuple[Floats, Floats]:
        """Return between which two curves the law lies in this share of the samples, at each number of workers.

        Parameters
        ----------
        workers : array_like of float, shape (n,)
            At least 1.
        confidence : float, optional
            Above 0 and at most 1.

        Returns
        -------
        tuple of ndarray of float64, shape (n,)

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong.
        """
        tail = (1 - checks.number("confidence", confidence, above=0, maximum=1)) / 2
        rate, contention, coherency = self.samples.T[:, :, np.newaxis]
        curves = np.asarray(theory.usl_throughput(np.asarray(workers)[np.newaxis, :], rate, contention, coherency))
        low, high = np.quantile(curves, [tail, 1 - tail], axis=0)
        return low, high


def fit(workers: Any, throughput: Any, *, law: Literal["usl", "amdahl"] = "usl", samples: int = 500, seed: int = 0) -> ScalingFit:
    """Fit a law of scaling to measured points, by least squares, and find out how sure it is by the bootstrap.

    The residuals, widened for the parameters that took from them, are drawn anew with replacement and put on the curve; each such
    scatter is fitted again. Contention and coherency are never negative.

    Parameters
    ----------
    workers : array_like of float, shape (points,)
        Numbers of workers, at least 1; more different ones than the law has parameters. Not written to.
    throughput : array_like of float, shape (points,)
        What was measured with each, above 0. Not written to.
    law : {"usl", "amdahl"}, optional
        The Universal Scalability Law, or Amdahl's law, which is the same without coherency.
    samples : int, optional
        How many scatters are fitted, from 10 to 100,000.
    seed : int, optional
        Where the random numbers start, at least 0.

    Returns
    -------
    ScalingFit

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or there are too few points.

    References
    ----------
    Gunther, "Guerrilla Capacity Planning", 2007, chapter 5; Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 9.

    Examples
    --------
    >>> found = fit([1, 2, 4, 8, 16], [100, 186, 310, 420, 400])
    >>> round(found.rate, 1), round(found.contention, 3), round(found.coherency, 4)
    (99.7, 0.059, 0.0088)
    """
    counts = checks.amounts("workers", workers, kind="number of workers")
    if (counts < 1).any():
        raise ValueError(f"workers holds {counts.min():g}, but each must be at least 1")
    measured = checks.amounts("throughput", throughput, above=0, kind="throughput")
    if measured.size != counts.size:
        raise ValueError(f"throughput holds {measured.size:,} numbers, but must hold one for each of the {counts.size:,} numbers of workers")
    free = LAWS[checks.choice("law", law, LAWS)]
    parameters = 1 + sum(free)
    if np.unique(counts).size <= parameters:
        raise ValueError(f"workers holds {np.unique(counts).size} different numbers, but there must be more than the law's {parameters} parameters")
    drawn = checks.integer("samples", samples, 10, 100_000)
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))

    terms = np.stack([np.ones_like(counts), counts - 1, counts * (counts - 1)], axis=1)
    best = _least_squares(terms, counts, measured[np.newaxis, :], free)
    curve = counts / (terms @ best[0])
    residuals = (measured - curve) * np.sqrt(counts.size / (counts.size - parameters))
    scattered = curve + residuals[generator.integers(counts.size, size=(drawn, counts.size))]
    again = _least_squares(terms, counts, np.maximum(scattered, curve / 100), free)  # a throughput is never negative
    found = _parameters(again)
    found.flags.writeable = False
    rate, contention, coherency = _parameters(best)[0].tolist()
    return ScalingFit(law, rate, contention, coherency, float(np.sqrt(np.mean(residuals**2))), found)


def _parameters(coefficients: Floats) -> Floats:
    """Turn coefficients of workers ÷ throughput = a + b (N − 1) + c N (N − 1) into rate, contention and coherency."""
    first = coefficients[:, :1]
    return np.concatenate([1 / first, coefficients[:, 1:] / first], axis=1)


def _least_squares(terms: Floats, counts: Floats, measured: Floats, free: tuple[bool, bool]) -> Floats:
    """Fit each row of measurements; of all choices of coefficients that may differ from 0, the best one without a negative wins."""
    best, least = np.zeros((len(measured), 3)), np.full(len(measured), np.inf)
    for contention in {False, free[0]}:
        for coherency in {False, free[1]}:
            used = np.array([True, contention, coherency])
            found = np.zeros((len(measured), 3))
            found[:, used] = _gauss_newton(terms[:, used], counts, measured)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                squares = ((measured - counts / (found @ terms.T)) ** 2).sum(axis=1)
            better = (found >= 0).all(axis=1) & (found[:, 0] > 0) & (squares < least)
            best[better], least[better] = found[better], squares[better]
    return best


def _gauss_newton(terms: Floats, counts: Floats, measured: Floats) -> Floats:
    """Minimise Σ (measured − counts ÷ (terms · c))² over c, for each row of measurements; what does not settle is not finite."""
    # Weighted by what was measured, the reciprocal is linear in c, and a good place to start.
    weighted = terms * (measured / counts)[:, :, np.newaxis]
    found = np.linalg.solve(np.swapaxes(weighted, 1, 2) @ weighted, weighted.sum(axis=1)[:, :, np.newaxis])[:, :, 0]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(STEPS):
            denominators = found @ terms.T
            slopes = -(counts / denominators**2)[:, :, np.newaxis] * terms
            normal = np.swapaxes(slopes, 1, 2) @ slopes
            scale = np.sqrt(np.einsum("bii->bi", normal))  # keeps the equations well conditioned
            normal /= scale[:, :, np.newaxis] * scale[:, np.newaxis, :]
            errors = (np.swapaxes(slopes, 1, 2) @ (measured - counts / denominators)[:, :, np.newaxis])[:, :, 0] / scale
            sound = np.isfinite(normal).all(axis=(1, 2)) & np.isfinite(errors).all(axis=1)
            normal[~sound] = np.eye(terms.shape[1])
            steps = np.linalg.solve(normal, np.where(sound[:, np.newaxis], errors, 0.0)[:, :, np.newaxis])[:, :, 0] / np.where(scale > 0, scale, 1.0)
            found = np.where(sound[:, np.newaxis], found + steps, found)
            if not (np.abs(steps[sound]) > 1e-12 * np.abs(found[sound])).any():
                break
    return found
