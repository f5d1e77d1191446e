"""Queueing: how long customers wait and stay where they share one or several equal servers, under four disciplines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators.disciplines import first_come_first_served, preemptive_priority, priority, processor_sharing
from labsupport.simulators.numbering import read_only
from labsupport.simulators.occupancy import Occupancy, occupancy

DISCIPLINES = ("first_come_first_served", "processor_sharing", "priority", "preemptive_priority")
MOST_CUSTOMERS = 100_000_000
MOST_SERVERS = 100_000
LOWEST_PRIORITY = 2**31 - 1


@dataclass(frozen=True)
class QueueingResult:
    """What became of every customer of a queue.

    Attributes
    ----------
    discipline : str
        Who is served next.
    servers : int
        How many equal servers there are.
    capacity : int or None
        How many customers may be present, in service or waiting; any number if ``None``.
    arrivals, services : ndarray of float64, shape (customers,)
        When each customer came, and how long one server works for it. Read-only.
    starts : ndarray of float64, shape (customers,), or None
        When each one's service began; NaN for who was lost. ``None`` under processor sharing. Read-only.
    finishes : ndarray of float64, shape (customers,)
        When each one left; NaN for who was lost. Read-only.
    """

    discipline: str
    servers: int
    capacity: int | None
    arrivals: NDArray[np.float64]
    services: NDArray[np.float64]
    starts: NDArray[np.float64] | None
    finishes: NDArray[np.float64]

    @property
    def lost(self) -> NDArray[np.bool_]:
        """Which customers found the system full and went away at once."""
        return np.isnan(self.finishes)

    @property
    def waits(self) -> NDArray[np.float64]:
        """Time from arrival to the beginning of service, of each customer who was not lost.

        Under preemptive priority, interruptions come on top: they are in the responses. Under processor sharing there are no
        waits: everybody is served from the first moment on, only slower.
        """
        if self.starts is None:
            raise AttributeError("waits: under processor sharing nobody waits, as all present are served at once, only slower; look at responses")
        return self._of_served(self.starts - self.arrivals)

    @property
    def responses(self) -> NDArray[np.float64]:
        """Time from arrival to departure, of each customer who was not lost."""
        return self._of_served(self.finishes - self.arrivals)

    def _of_served(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values if self.capacity is None else values[~self.lost]

    @property
    def utilization(self) -> float:
        """Share of the servers' time, from the first arrival to the last departure, in which they worked; 0 if no time passed."""
        served = ~self.lost
        span = float(self.finishes[served].max() - self.arrivals[0])
        return float(self.services[served].sum()) / (self.servers * span) if span > 0 else 0.0

    @property
    def load(self) -> float:
        """Work that was brought over the work the servers could have done while customers came: ρ, who was lost included.

        The time is that from the first arrival to the last, the work that of all but the last. Infinite if no time passed.
        """
        work, span = float(self.services[:-1].sum()), float(self.arrivals[-1] - self.arrivals[0])
        return work / (self.servers * span) if span > 0 else float("inf") if work > 0 else 0.0

    @property
    def steady(self) -> bool:
        """Whether there is a steady state: the load is below 1, or there is no room for a queue that grows without end."""
        return self.capacity is not None or self.load < 1

    @property
    def stability(self) -> str:
        """A sentence that says whether a steady state exists."""
        if self.capacity is not None:
            return f"With room for {self.capacity:,} there is always a steady state: the servers are offered {self.load:.2f} of what they can do."
        if self.load < 1:
            return f"The servers can keep up: they are offered {self.load:.2f} of what they can do."
        return (
            f"No steady state: the servers are offered {self.load:.2f} times what they can do. The queue grows for as long as customers come, "
            "and so does the mean response."
        )

    @property
    def present(self) -> Occupancy:
        """How many customers are present over time, waiting or in service."""
        served = ~self.lost
        return occupancy(self.arrivals[served], self.finishes[served])

    @property
    def waiting(self) -> Occupancy:
        """How many customers are present over time beyond those in service; none under processor sharing."""
        if self.starts is None:
            raise AttributeError("waiting: under processor sharing nobody waits, as all present are served at once, only slower; look at present")
        present = self.present
        counts = np.maximum(present.counts - self.servers, 0)
        counts.flags.writeable = False
        return Occupancy(present.moments, counts)

    @property
    def found(self) -> NDArray[np.int64]:
        """How many customers each one found present; who leaves at that very moment has left."""
        served = ~self.lost
        entered = np.concatenate(([0], np.cumsum(served)))
        left = np.searchsorted(np.sort(self.finishes[served]), self.arrivals, side="right")
        # Who comes later in the same moment and needs no time has left by that moment, too, but not yet by this arrival.
        at_once = np.concatenate(([0], np.cumsum(self.finishes == self.arrivals)))
        left -= at_once[np.searchsorted(self.arrivals, self.arrivals, side="right")] - at_once[:-1]
        return np.asarray(entered[:-1] - left)


def simulate(
    arrivals: Any,
    services: Any,
    servers: int = 1,
    *,
    discipline: str = "first_come_first_served",
    capacity: int | None = None,
    priorities: Any = None,
) -> QueueingResult:
    """Let customers come to one queue with equal servers; no server is idle while somebody waits.

    A departure precedes an arrival at the same moment; of customers who come at the same moment the one with the lower number
    is first.

    Parameters
    ----------
    arrivals : array_like of float, shape (customers,)
        When each customer comes, at least 0, never falling. Not written to.
    services : array_like of float, shape (customers,)
        How long one server works for each, at least 0, in the unit of the arrivals. Not written to.
    servers : int, optional
        How many, from 1 to 100,000.
    discipline : str, optional
        One of `DISCIPLINES`; each is described, with its paper, in `labsupport.simulators.disciplines`. *First come first
        served*; *processor sharing*, where all present are served at once and nobody by more than one server; *priority*,
        where the most urgent of those who wait is next; *preemptive priority*, where they also interrupt the less urgent.
    capacity : int, optional
        How many customers may be present, in service or waiting, at least 1; who finds so many is lost. Any number if left out.
    priorities : array_like of int, shape (customers,), optional
        For the two priority disciplines, which need it: from 0 (most urgent) to 2³¹ − 1.

    Returns
    -------
    QueueingResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or of no use to the discipline.

    References
    ----------
    Harchol-Balter, "Performance Modeling and Design of Computer Systems", 2013, chapters 13, 14, 22, 31 and 32.

    Examples
    --------
    >>> result = simulate([0, 1, 2, 10], [4, 1, 1, 1])
    >>> result.waits, result.responses, round(result.utilization, 3)
    (array([0., 3., 3., 0.]), array([4., 4., 4., 1.]), 0.636)
    >>> simulate([0, 1, 2, 10], [4, 1, 1, 1], discipline="processor_sharing").responses
    array([6. , 2.5, 2.5, 1. ])
    >>> simulate([0, 1, 2, 10], [4, 1, 1, 1], discipline="priority", priorities=[1, 1, 0, 1]).waits
    array([0., 4., 2., 0.])
    >>> simulate([0, 1, 2, 10], [4, 1, 1, 1], capacity=1).lost
    array([False,  True,  True, False])
    """
    times = checks.times("arrivals", arrivals) + 0.0  # a copy, which the result keeps
    work = checks.amounts("services", services, kind="service", length=times.size).copy()
    servers = checks.integer("servers", servers, minimum=1, maximum=MOST_SERVERS)
    discipline = checks.choice("discipline", discipline, DISCIPLINES)
    if times.size > MOST_CUSTOMERS:
        raise ValueError(f"arrivals holds {times.size:,} times, but there must be at most {MOST_CUSTOMERS:,} customers")
    room = times.size if capacity is None else checks.integer("capacity", capacity, minimum=1)
    ranks = _priorities(discipline, priorities, times.size)

    starts, finishes = np.full(times.size, np.nan), np.full(times.size, np.nan)
    came, given = read_only(times), read_only(work)
    if discipline == "processor_sharing":
        processor_sharing.run(came, given, servers, room, finishes)
    elif discipline == "preemptive_priority":
        preemptive_priority.run(came, given, ranks, servers, room, starts, finishes)
    elif discipline == "priority" or capacity is not None:
        priority.run(came, given, ranks, servers, room, starts, finishes)
    else:
        first_come_first_served.run(came, given, servers, starts, finishes)
    for array in (times, work, starts, finishes):
        array.flags.writeable = False
    return QueueingResult(
        discipline, servers, capacity if capacity is None else room, times, work, None if discipline == "processor_sharing" else starts, finishes
    )


def _priorities(discipline: str, priorities: Any, customers: int) -> NDArray[np.float64]:
    """Return everybody's priority; 0 for all where nobody has one."""
    if not discipline.endswith("priority"):
        if priorities is not None:
            raise ValueError(f"priorities is given, but {discipline} makes no use of it: only priority and preemptive_priority do")
        return np.zeros(customers if discipline == "first_come_first_served" else 0)
    if priorities is None:
        raise ValueError(f"priorities is left out, but {discipline} needs one for each of the {customers:,} customers")
    ranks = checks.integers("priorities", priorities, 0, LOWEST_PRIORITY, kind="priority")
    if ranks.size != customers:
        raise ValueError(f"priorities holds {ranks.size:,} numbers, but must hold one for each of the {customers:,} customers")
    return ranks.astype(np.float64)
