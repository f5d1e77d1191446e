"""Quantum search step by step: Grover's algorithm on a state that is kept item by item.

A register of n qubits is in all its N = 2ⁿ values at once, each with an amplitude, and a measurement finds a value with the square of its
amplitude as its probability. All amplitudes begin alike. An iteration first asks the oracle, once for all values together, and it turns the
amplitude of each value that is wanted into its negative; then every amplitude is mirrored at the mean of all, which raises those that are negative.
An ordinary computer that plays this, as here, touches all N amplitudes in every step: a simulation shows what would happen and is no faster.

References
----------
L. K. Grover, "A Fast Quantum Mechanical Algorithm for Database Search", STOC 1996.
T. Hoefler, T. Häner and M. Troyer, "Disentangling Hype from Practicality: On Realistically Achieving Quantum Advantage", CACM 66 (5), 2023.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks
from labsupport.simulators.numbering import read_only

Floats = NDArray[np.float64]
MOST_QUBITS, MOST_AMPLITUDES = 24, 2**26


@dataclass(frozen=True, eq=False)
class Search:
    """Every amplitude after every iteration.

    Attributes
    ----------
    wanted : ndarray of int, shape (wanted,)
        The items that are wanted, in order.
    amplitudes : ndarray of float, shape (iterations + 1, items)
        After none, after one, and so on. All of them are real numbers in this algorithm.
    turned : ndarray of float, shape (iterations, items)
        In the middle of each iteration: when the oracle has been asked, and nothing is mirrored yet.
    """

    wanted: NDArray[np.int64]
    amplitudes: Floats
    turned: Floats

    @property
    def success(self) -> Floats:
        """The probability that a measurement finds an item that is wanted, after no iteration, after one, and so on."""
        return np.asarray((self.amplitudes[:, self.wanted] ** 2).sum(axis=1))

    def measure(self, iteration: int, shots: int, seed: int = 0) -> NDArray[np.int64]:
        """Prepare the state again and again, make so many iterations, and measure.

        Parameters
        ----------
        iteration : int
            After how many iterations, from 0.
        shots : int
            How many times.
        seed : int, default 0
            Same seed, same items.

        Returns
        -------
        ndarray of int, shape (shots,)
            The item that each measurement finds. The state is gone afterwards.

        Raises
        ------
        ValueError, TypeError
            If there are not so many iterations, or a number is outside its range.

        Examples
        --------
        >>> search(2, [3], 1).measure(1, 5)
        array([3, 3, 3, 3, 3])
        """
        iteration = checks.integer("iteration", iteration, 0, self.amplitudes.shape[0] - 1)
        shots = checks.integer("shots", shots, minimum=1)
        generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
        chances = self.amplitudes[iteration] ** 2
        return generator.choice(chances.size, shots, p=chances / chances.sum())

    def tally(self, shots: int, fault: float = 0.0, seed: int = 0) -> NDArray[np.int64]:
        """Count in how many of some measurements an item that is wanted is found, after no iteration, after one, and so on.

        Parameters
        ----------
        shots : int
            Measurements after each number of iterations.
        fault : float, default 0
            The probability that an iteration leaves noise, in which every item is as probable as any other – also after all further iterations.
        seed : int, default 0
            Same seed, same counts.

        Returns
        -------
        ndarray of int, shape (iterations + 1,)

        Raises
        ------
        ValueError, TypeError
            If a number is outside its range.

        Examples
        --------
        >>> search(2, [3], 1).tally(100), search(2, [3], 1).tally(100, fault=1.0)
        (array([ 18, 100]), array([22, 18]))
        """
        shots = checks.integer("shots", shots, minimum=1)
        sound = (1 - checks.number("fault", fault, 0, 1)) ** np.arange(self.amplitudes.shape[0])
        generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
        good = generator.binomial(shots, sound)
        found = generator.binomial(good, np.clip(self.success, 0, 1))
        return found + generator.binomial(shots - good, self.wanted.size / self.amplitudes.shape[1])


def search(qubits: int, wanted: ArrayLike, iterations: int) -> Search:
    """Run Grover's algorithm.

    Parameters
    ----------
    qubits : int
        There are 2 to the power of so many items, at most 24.
    wanted : array_like of int, shape (wanted,)
        The items for which the oracle says yes, each once.
    iterations : int
        How many iterations are made, at least 0. Steps × items may not exceed 2²⁶.

    Returns
    -------
    Search

    Raises
    ------
    ValueError, TypeError
        If an item is wanted twice or not among those there are, or a number is outside its range.

    Examples
    --------
    Among four items, one iteration is enough:

    >>> found = search(2, [3], 1)
    >>> found.amplitudes[0], found.turned[0], found.amplitudes[1]
    (array([0.5, 0.5, 0.5, 0.5]), array([ 0.5,  0.5,  0.5, -0.5]), array([0., 0., 0., 1.]))
    """
    items = 2 ** checks.integer("qubits", qubits, 1, MOST_QUBITS)
    goals = np.sort(checks.integers("wanted", wanted, 0, items - 1, kind="item"))
    if (twice := goals[1:][np.diff(goals) == 0]).size:
        raise ValueError(f"wanted holds the item {twice[0]} twice, but each must be another")
    iterations = checks.integer("iterations", iterations, 0, MOST_AMPLITUDES // items - 1)
    amplitudes, turned = np.empty((iterations + 1, items)), np.empty((iterations, items))
    amplitudes[0] = items**-0.5
    for iteration in range(iterations):
        turned[iteration] = amplitudes[iteration]
        turned[iteration, goals] *= -1
        amplitudes[iteration + 1] = 2 * turned[iteration].mean() - turned[iteration]
    return Search(read_only(goals), read_only(amplitudes), read_only(turned))
