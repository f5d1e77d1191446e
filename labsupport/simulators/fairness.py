"""Fairness: several resources shared by users who each need them in proportions of their own – dominant resource fairness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

NEAR = 1e-9
USED_UP = 1e-6  # share of a resource that is as good as nothing, where parts of tasks count
MOST_TASKS = 10_000_000

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class SharingResult:
    """Who got how much.

    Attributes
    ----------
    capacity : ndarray of float64, shape (resources,)
        What there is. Read-only.
    demands : ndarray of float64, shape (users, resources)
        What one task of each user needs. Read-only.
    weights : ndarray of float64, shape (users,)
        What each is entitled to, relative to the others. Read-only.
    tasks : ndarray of float64, shape (users,)
        How many tasks each can run. Read-only.
    order : ndarray of int64, shape (grants,)
        Whose task was granted when, one after the other; empty where tasks are divisible. Read-only.
    divisible : bool
        Whether parts of tasks count.
    """

    capacity: Floats
    demands: Floats
    weights: Floats
    tasks: Floats
    order: Numbers
    divisible: bool

    @property
    def shares(self) -> Floats:
        """Share of each resource that each user has, shape (users, resources)."""
        return np.asarray(self.tasks[:, np.newaxis] * self.demands / self.capacity)

    @property
    def dominant(self) -> Floats:
        """Each user's dominant share: the largest of them, shape (users,)."""
        return np.asarray(self.shares.max(axis=1))

    @property
    def used(self) -> Floats:
        """Share of each resource that is given away, shape (resources,)."""
        return np.asarray(self.shares.sum(axis=0))

    @property
    def saturated(self) -> NDArray[np.bool_]:
        """Which users can run no further task, though everything free were theirs: none but they need what is used up."""
        free = 1 - self.used
        needed = self.demands / self.capacity
        lacking = (needed > 0) & (free <= USED_UP) if self.divisible else needed > free + NEAR
        return np.asarray(lacking.any(axis=1))

    def envies(self, one: int, other: int) -> bool:
        """Say whether a user could run more tasks with what another has, scaled by their weights.

        Parameters
        ----------
        one, other : int
            Users, by number.

        Returns
        -------
        bool
        """
        theirs = self.shares[other] * self.capacity * (self.weights[one] / self.weights[other])
        needed = self.demands[one] > 0
        return bool(np.min(theirs[needed] / self.demands[one][needed]) > self.tasks[one] * (1 + NEAR) + NEAR)


# Whoever has the least of what he has most of – in proportion to his weight – gets the next task, as long as any fits; of equal ones
# the first. Who needs more than is left is passed over from then on; the paper's ends there (Ghodsi, Zaharia, Hindman, Konwinski,
# Shenker, Stoica, "Dominant Resource Fairness: Fair Allocation of Multiple Resource Types", NSDI 2011, algorithm 1).
@kernel
def _grant(shares: Floats, counted: Floats, weights: Floats, most: int, tasks: Floats, order: Numbers) -> int:
    users, resources = shares.shape
    free, dominant = np.ones(resources), np.zeros(users)
    out = np.zeros(users, dtype=np.bool_)
    granted = 0
    while granted < most:
        user = -1
        for each in range(users):
            if not out[each] and (user < 0 or dominant[each] < dominant[user] - NEAR):
                user = each
        if user < 0:
            break
        for resource in range(resources):
            out[user] |= shares[user, resource] > free[resource] + NEAR
        if out[user]:
            continue
        for resource in range(resources):
            free[resource] -= shares[user, resource]
        tasks[user] += 1
        dominant[user] = tasks[user] * counted[user] / weights[user]
        order[granted] = user
        granted += 1
    return granted


# All dominant shares rise together, each as fast as its user's weight, until a resource is used up; who needs it stands still from
# then on, and the others go on ("progressive filling"; same paper, section 4).
@kernel
def _fill(shares: Floats, weights: Floats, tasks: Floats) -> None:
    users, resources = shares.shape
    free = np.ones(resources)
    out = np.zeros(users, dtype=np.bool_)
    speeds = np.zeros(users)
    for user in range(users):
        speeds[user] = weights[user] / shares[user].max()
    while not out.all():
        step = np.inf
        for resource in range(resources):
            rate = 0.0
            for user in range(users):
                rate += 0.0 if out[user] else speeds[user] * shares[user, resource]
            if rate > 0:
                step = min(step, max(free[resource], 0.0) / rate)
        for user in range(users):
            if not out[user]:
                tasks[user] += speeds[user] * step
                for resource in range(resources):
                    free[resource] -= speeds[user] * step * shares[user, resource]
        for user in range(users):
            for resource in range(resources):
                out[user] |= shares[user, resource] > 0 and free[resource] <= NEAR


def share(capacity: Any, demands: Any, *, weights: Any = None, divisible: bool = False, only: int | None = None) -> SharingResult:
    """Share resources by dominant resource fairness.

    Parameters
    ----------
    capacity : array_like of float, shape (resources,)
        What there is of each, above 0. Not written to.
    demands : array_like of float, shape (users, resources)
        What one task of each user needs, at least 0, of one resource more than nothing. Users want as many tasks as they can get.
        Not written to.
    weights : array_like of float, shape (users,), optional
        What each is entitled to, relative to the others, above 0; all alike if left out. Not written to.
    divisible : bool, optional
        Whether parts of tasks count; otherwise whole tasks are granted, one at a time.
    only : int, optional
        A resource, by number, of which alone the shares are made equal, as schedulers for one resource do; for whole tasks.

    Returns
    -------
    SharingResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Ghodsi, Zaharia, Hindman, Konwinski, Shenker, Stoica, "Dominant Resource Fairness: Fair Allocation of Multiple Resource Types",
    NSDI 2011.

    Examples
    --------
    The paper's: 9 CPUs and 18 GB, and tasks of <1 CPU, 4 GB> and <3 CPUs, 1 GB>.

    >>> result = share([9, 18], [[1, 4], [3, 1]])
    >>> result.tasks, result.dominant.round(3), result.order
    (array([3., 2.]), array([0.667, 0.667]), array([0, 1, 0, 1, 0]))
    """
    room = checks.amounts("capacity", capacity, above=0, kind="amount").copy()
    asked = np.asarray(demands)
    if asked.ndim != 2 or asked.shape[1] != room.size or not asked.shape[0]:
        raise ValueError(f"demands has shape {asked.shape}, but must have a row for each user with one number for each of {room.size} resources")
    needed = checks.amounts("demands", asked.ravel(), kind="amount").reshape(asked.shape).copy()
    if (needed.max(axis=1) == 0).any():
        raise ValueError(f"demands holds only zeros for user {int(np.argmin(needed.max(axis=1)))}, but a task must need something")
    entitled = np.ones(len(needed)) if weights is None else checks.amounts("weights", weights, above=0, kind="weight").copy()
    if entitled.size != len(needed):
        raise ValueError(f"weights holds {entitled.size:,} numbers, but must hold one for each of the {len(needed):,} users")
    shares, tasks = needed / room, np.zeros(len(needed))
    if only is not None:
        checks.integer("only", only, 0, room.size - 1)
        if divisible:
            raise ValueError(f"only is {only}, but with divisible tasks all resources count")
    order = np.zeros(0, dtype=np.int64)
    if divisible:
        _fill(read_only(shares), entitled, tasks)
    else:
        counted = shares.max(axis=1) if only is None else shares[:, only].copy()
        most = int(np.minimum(1 / shares.max(axis=1), MOST_TASKS).sum()) + 1
        order = np.zeros(min(most, MOST_TASKS), dtype=np.int64)
        order = order[: _grant(read_only(shares), counted, entitled, order.size, tasks, order)].copy()
    for array in (room, needed, entitled, tasks, order):
        array.flags.writeable = False
    return SharingResult(room, needed, entitled, tasks, order, bool(divisible))
