"""A hot node: what everybody feels when one node of a cluster is busier than the others.

Every request asks one or several nodes, and is answered when the last of them has answered. Each node serves its own, first come,
first served. So who asks one node feels the hot one seldom, and who asks all of them feels it every time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators import queueing

MOST_NODES = 10_000


@dataclass(frozen=True)
class ClusterResult:
    """What nodes and requests saw.

    Attributes
    ----------
    arrivals : ndarray of float64, shape (requests,)
        When each request came. Read-only.
    targets : ndarray of int64, shape (requests, fanout)
        Which nodes each request asked. Read-only.
    answers : ndarray of float64, shape (requests, fanout)
        How long each of them took to answer. Read-only.
    loads : ndarray of float64, shape (nodes,)
        Work sent to each node over what it could have done from the first arrival to the last: ρ; infinite if no time passed. Read-only.
    utilizations : ndarray of float64, shape (nodes,)
        Share of the time in which each worked, while there was anything to do anywhere. Read-only.
    """

    arrivals: NDArray[np.float64]
    targets: NDArray[np.int64]
    answers: NDArray[np.float64]
    loads: NDArray[np.float64]
    utilizations: NDArray[np.float64]

    @property
    def responses(self) -> NDArray[np.float64]:
        """How long each request took: as long as the slowest of its answers."""
        return np.asarray(self.answers.max(axis=1))

    @property
    def slowest(self) -> NDArray[np.int64]:
        """Which node each request had to wait for."""
        return np.asarray(np.take_along_axis(self.targets, self.answers.argmax(axis=1)[:, np.newaxis], axis=1)[:, 0])

    @property
    def overloaded(self) -> NDArray[np.int64]:
        """Nodes that were offered as much as they can do, or more: their queues have no steady state."""
        return np.flatnonzero(self.loads >= 1)

    @property
    def stability(self) -> str:
        """A sentence that says where no steady state exists."""
        if not self.overloaded.size:
            return (
                f"Every node can keep up: the busiest is offered {self.loads.max():.2f} of what it can do, the average one {self.loads.mean():.2f}."
            )
        names = ", ".join(str(node) for node in self.overloaded[:10]) + (", …" if self.overloaded.size > 10 else "")
        return (
            f"No steady state at node{'s' if self.overloaded.size > 1 else ''} {names}: offered up to {self.loads.max():.2f} times what can be done "
            f"there, though on average nodes are offered {self.loads.mean():.2f}. Whoever asks there waits longer and longer."
        )


def simulate(arrivals: Any, services: Any, targets: Any, speeds: Any) -> ClusterResult:
    """Let requests ask nodes, and wait for the slowest answer.

    Parameters
    ----------
    arrivals : array_like of float, shape (requests,)
        When each request comes, at least 0, never falling. Not written to.
    services : array_like of float, shape (requests, fanout)
        Work of each question, at least 0; node i takes ``services / speeds[i]``, in the unit of the arrivals. Not written to.
    targets : array_like of int, shape (requests, fanout)
        Which node each question goes to, from 0. A request that asks a node twice has its questions answered one after the other.
    speeds : array_like of float, shape (nodes,)
        Work that each node does per unit of time, above 0: a hot node is one that is slower, or that is asked more often.

    Returns
    -------
    ClusterResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Dean, Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013.

    Examples
    --------
    Two nodes, the second half as fast; everybody asks both:

    >>> result = simulate([0, 4], [[1, 1], [1, 1]], [[0, 1], [0, 1]], speeds=[1, 0.5])
    >>> result.answers.tolist(), result.responses, result.slowest
    ([[1.0, 2.0], [1.0, 2.0]], array([2., 2.]), array([1, 1]))
    """
    times = checks.times("arrivals", arrivals) + 0.0
    rates = checks.amounts("speeds", speeds, above=0, kind="speed")
    if rates.size > MOST_NODES:
        raise ValueError(f"speeds holds {rates.size:,} speeds, but there must be at most {MOST_NODES:,} nodes")
    work, asked = np.asarray(services), np.asarray(targets)
    if work.ndim != 2 or work.shape[0] != times.size or work.shape[1] == 0:
        raise ValueError(f"services has shape {work.shape}, but must have a row for each of the {times.size:,} requests, with at least one question")
    if asked.shape != work.shape:
        raise ValueError(f"targets has shape {asked.shape}, but services has {work.shape}, and they must have the same")
    nodes = checks.integers("targets", asked.ravel(), 0, rates.size - 1, kind="node")
    flat = checks.amounts("services", work.ravel(), kind="service") / rates[nodes]
    came = np.repeat(times, work.shape[1])

    answers, utilizations = np.empty(flat.size), np.zeros(rates.size)
    span, ended = float(times[-1] - times[0]), float(times[0])
    order = np.argsort(nodes, kind="stable")
    for questions in np.split(order, np.cumsum(np.bincount(nodes, minlength=rates.size))[:-1]):
        if questions.size:
            node = queueing.simulate(came[questions], flat[questions])
            answers[questions] = node.responses
            ended = max(ended, float(node.finishes[-1]))
    busy = np.bincount(nodes, weights=flat, minlength=rates.size)
    earlier = slice(0, flat.size - work.shape[1])  # all but the last request, which came when the time was over
    sent = np.bincount(nodes[earlier], weights=flat[earlier], minlength=rates.size)
    loads = sent / span if span > 0 else np.where(sent > 0, np.inf, 0.0)
    if ended > times[0]:
        utilizations = busy / (ended - float(times[0]))
    shape = work.shape
    result = ClusterResult(times, nodes.reshape(shape).copy(), answers.reshape(shape), loads, utilizations)
    for array in (result.arrivals, result.targets, result.answers, result.loads, result.utilizations):
        array.flags.writeable = False
    return result
