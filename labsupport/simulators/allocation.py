"""Predictive allocation: how many servers to have ready, from what is known when they must be ordered.

Servers that are ordered now serve some time later. Who looks only at the load of now is late by that time on every rise; who expects what came a
week ago is early, and helpless against what never came before. Both can be had: servers for the larger of the two.

References
----------
Amazon EC2 Auto Scaling User Guide, "Predictive scaling": beside a reactive policy, the larger number of servers counts.
N. Roy, A. Dubey and A. Gokhale, "Efficient Autoscaling in the Cloud Using Predictive Models for Workload Forecasting", IEEE CLOUD 2011.
R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and Practice", 3rd edition 2021, section 5.2: the seasonal naïve forecast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks
from labsupport.simulators.numbering import read_only

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

POLICIES = ("fixed", "reactive", "predictive", "larger")


@dataclass(frozen=True, eq=False)
class Allocation:
    """How many servers there were, and what came.

    Attributes
    ----------
    demand : ndarray of float, shape (samples,)
        Requests a second, after the time from which the policy has learnt.
    expected : ndarray of float, shape (samples,)
        What was expected of each when servers for it were ordered.
    servers : ndarray of int, shape (samples,)
    per_server : float
        Requests a second that a server can do.
    """

    demand: Floats
    expected: Floats
    servers: Integers
    per_server: float

    @property
    def turned_away(self) -> float:
        """The share of all requests for which there was no server."""
        over = np.maximum(self.demand - self.per_server * self.servers, 0).sum()
        return float(over / self.demand.sum()) if over else 0.0

    @property
    def mean_servers(self) -> float:
        """How many servers there were on average, which is what is paid for."""
        return float(self.servers.mean())

    @property
    def utilization(self) -> float:
        """The share of what the servers could do that was used."""
        done = np.minimum(self.demand, self.per_server * self.servers).sum()
        return float(done / (self.per_server * self.servers.sum()))


def allocate(
    policy: str, demand: ArrayLike, lead: int, headroom: float, per_server: float, *, day: int = 96, week: int = 672, learning: int = 1_344
) -> Allocation:
    """Order servers for each sample, knowing only the samples up to ``lead`` before it.

    - ``fixed``: for the highest load of the first weeks, always.
    - ``reactive``: for the load at the moment of the order.
    - ``predictive``: for what came a week before, times the growth of the last day over the same day a week before.
    - ``larger``: for the larger of these two.

    Parameters
    ----------
    policy : {"fixed", "reactive", "predictive", "larger"}
    demand : array_like of float, shape (n,)
        Requests a second, above 0, more than ``learning`` of them.
    lead : int
        Samples from an order until the servers serve, 1 to ``day``.
    headroom : float
        How much more than is expected servers are ordered for, as a share, at least 0.
    per_server : float
        Requests a second that a server can do.
    day, week, learning : int, default 96, 672, 1344
        Samples in a day, in a week, and at the beginning in which nothing is judged: at least a week, a day and the lead.

    Returns
    -------
    Allocation
        For the n − ``learning`` samples after the beginning.

    Raises
    ------
    ValueError, TypeError
        If the policy is unknown, or a number is outside its range.

    Examples
    --------
    The load rises by ten with each sample, and servers come two samples after their order:

    >>> demand = [10.0 * sample for sample in range(1, 13)]
    >>> allocate("reactive", demand, 2, 0.0, 10.0, day=2, week=4, learning=8).servers
    array([ 7,  8,  9, 10])
    """
    policy = checks.choice("policy", policy, POLICIES)
    values = checks.amounts("demand", demand, above=0, kind="load")
    day, week = checks.integer("day", day, minimum=1), checks.integer("week", week, minimum=1)
    lead = checks.integer("lead", lead, 1, day)
    learning = checks.integer("learning", learning, minimum=week + day + lead)
    headroom, per_server = checks.number("headroom", headroom, minimum=0), checks.number("per_server", per_server, above=0)
    if values.size <= learning:
        raise ValueError(f"demand holds {values.size:,} loads, but must hold more than the {learning:,} of the beginning")
    now = np.arange(learning, values.size)
    if policy == "fixed":
        expected = np.full(now.size, values[:learning].max())
    else:
        sums = np.append(0.0, np.cumsum(values))
        last = sums[now - lead + 1] - sums[now - lead + 1 - day]
        before = sums[now - lead + 1 - week] - sums[now - lead + 1 - week - day]
        reactive, predictive = values[now - lead], values[now - week] * last / before
        expected = {"reactive": reactive, "predictive": predictive, "larger": np.maximum(reactive, predictive)}[policy]
    servers = np.maximum(np.ceil(expected * (1 + headroom) / per_server - 1e-9), 1).astype(np.int64)
    return Allocation(read_only(values[learning:]), read_only(expected), read_only(servers), per_server)
