"""Packing: pods on nodes, each of which has so much of every resource – CPU, memory – and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

POLICIES = ("next_fit", "first_fit", "best_fit", "worst_fit", "first_fit_decreasing", "best_fit_decreasing")
MOST_PODS = 1_000_000
NEAR = 1e-9  # of a node: sums of decimal fractions may be off by so much

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class PackingResult:
    """Where each pod went.

    Attributes
    ----------
    policy : str
    pods : ndarray of float64, shape (pods, resources)
        What each asks for. Read-only.
    capacity : ndarray of float64, shape (resources,)
        What each node has. Read-only.
    nodes : ndarray of int64, shape (pods,)
        On which node each pod is, from 0. Read-only.
    """

    policy: str
    pods: Floats
    capacity: Floats
    nodes: Numbers

    @property
    def node_count(self) -> int:
        """How many nodes are needed."""
        return int(self.nodes.max()) + 1

    @property
    def used(self) -> Floats:
        """What is taken on each node, shape (nodes, resources)."""
        columns = [np.bincount(self.nodes, weights=column) for column in self.pods.T]
        return np.column_stack(columns)

    @property
    def utilization(self) -> Floats:
        """Share of each resource that is taken, over all nodes, shape (resources,)."""
        return np.asarray(self.pods.sum(axis=0) / (self.node_count * self.capacity))

    @property
    def stranded(self) -> Floats:
        """Share of each resource that is free, on nodes that are nearly full of another: less than a tenth of that is left.

        It is paid for, and no pod can use it, since none runs without the other.
        """
        shares = self.used / self.capacity
        full = shares >= 0.9
        elsewhere = full.sum(axis=1)[:, np.newaxis] - full > 0
        return np.asarray(np.where(elsewhere & ~full, 1 - shares, 0.0).sum(axis=0) / shares.shape[0])


# Pods come one by one. Next fit looks at the last node only, first fit takes the first that has room, best fit the one that is
# fullest – by the sum over all resources of the share that is taken – and worst fit the emptiest one; if none has room, a node
# is added (Johnson, Demers, Ullman, Garey, Graham, "Worst-Case Performance Bounds for Simple One-Dimensional Packing Algorithms",
# SIAM Journal on Computing 3(4), 1974).
@kernel
def _pack(shares: Floats, order: Numbers, rule: int, free: Floats, nodes: Numbers) -> None:
    resources = shares.shape[1]
    count = 0
    for pod in order:
        chosen, best = -1, 0.0
        for node in range(max(0, count - 1) if rule == 0 else 0, count):
            fits, left = True, 0.0
            for resource in range(resources):
                rest = free[node, resource] - shares[pod, resource]
                fits = fits and rest >= -NEAR
                left += rest
            if fits and (chosen < 0 or (rule == 2 and left < best - NEAR) or (rule == 3 and left > best + NEAR)):
                chosen, best = node, left
                if rule < 2:
                    break
        if chosen < 0:
            chosen = count
            free[chosen] = 1.0
            count += 1
        for resource in range(resources):
            free[chosen, resource] -= shares[pod, resource]
        nodes[pod] = chosen


def pack(policy: str, pods: Any, capacity: Any) -> PackingResult:
    """Put pods on as few equal nodes as a simple rule needs.

    Parameters
    ----------
    policy : str
        One of `POLICIES`. *Next fit* looks at the last node only, *first fit* takes the first with room, *best fit* the fullest of
        those, *worst fit* the emptiest. *Decreasing*: the pods in the order of the largest share of a node that they ask for of
        any resource, the largest first; otherwise in the order given.
    pods : array_like of float, shape (pods, resources) or (pods,)
        What each asks for, at least 0. Not written to.
    capacity : array_like of float, shape (resources,), or float
        What each node has, above 0; no pod may ask for more.

    Returns
    -------
    PackingResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or a pod fits on no node.

    References
    ----------
    Johnson, Demers, Ullman, Garey, Graham, "Worst-Case Performance Bounds for Simple One-Dimensional Packing Algorithms", SIAM
    Journal on Computing 3(4), 1974.

    Examples
    --------
    >>> pack("first_fit", [4, 6, 5, 5], 10).nodes, pack("first_fit", [4, 5, 6, 5], 10).node_count
    (array([0, 0, 1, 1]), 3)
    >>> pack("first_fit_decreasing", [[1, 4], [3, 1], [1, 4]], [4, 8]).used
    array([[4., 5.],
           [1., 4.]])
    """
    policy = checks.choice("policy", policy, POLICIES)
    room = checks.amounts("capacity", np.atleast_1d(np.asarray(capacity)), above=0, kind="amount").copy()
    asked = np.asarray(pods)
    asked = asked[:, np.newaxis] if asked.ndim == 1 else asked
    if asked.ndim != 2 or asked.shape[1] != room.size:
        raise ValueError(f"pods has shape {np.shape(pods)}, but must have a row for each pod with one number for each of {room.size} resources")
    if asked.shape[0] > MOST_PODS:
        raise ValueError(f"pods holds {asked.shape[0]:,} rows, but there must be at most {MOST_PODS:,} pods")
    wanted = checks.amounts("pods", asked.ravel(), kind="amount").reshape(asked.shape).copy()
    shares = wanted / room
    largest = shares.max(axis=1)
    if (largest > 1 + NEAR).any():
        pod = int(np.argmax(largest))
        raise ValueError(f"pods holds {wanted[pod].tolist()} at index {pod}, but a node has no more than {room.tolist()}")
    order = np.argsort(-largest, kind="stable") if policy.endswith("decreasing") else np.arange(largest.size)
    rule = ("next", "first", "best", "worst").index(policy.split("_")[0])
    nodes = np.zeros(largest.size, dtype=np.int64)
    _pack(read_only(shares), order, rule, np.zeros_like(shares), nodes)
    for array in (wanted, room, nodes):
        array.flags.writeable = False
    return PackingResult(policy, wanted, room, nodes)


def fewest_nodes(pods: Any, capacity: Any) -> int:
    """Return a number of nodes that no packing can do without: the resource that is short, shared out without any loss.

    Pods of more than half a node of the same resource need one each, too.

    Parameters
    ----------
    pods, capacity : array_like of float
        As for `pack`.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or a pod fits on no node.

    References
    ----------
    Martello, Toth, "Lower Bounds and Reduction Procedures for the Bin Packing Problem", Discrete Applied Mathematics 28(1), 1990.

    Examples
    --------
    >>> fewest_nodes([6, 6, 6], 10), fewest_nodes([[1, 4], [3, 1], [1, 4]], [4, 8])
    (3, 2)
    """
    packed = pack("next_fit", pods, capacity)
    shares = packed.pods / packed.capacity
    large = (shares > 0.5 + NEAR).sum(axis=0)
    return int(max(1, np.ceil(shares.sum(axis=0) - NEAR * len(shares)).max(), large.max()))
