"""Edge computing: what sites near the users do to latency, backhaul and the number of servers.

Users are served by one data centre, or by the site that is best for them. A site answers a share of the requests itself; the others go on to
the data centre and come back through the site. So a site saves the way for what it can answer, and is a detour for what it cannot.
And since many small queues wait longer than a large one, each site brings back some of what its nearness saves.

References
----------
A. Ali-Eldin, B. Wang and P. Shenoy, "The Hidden Cost of the Edge: A Performance Comparison of Edge and Cloud Latencies", SC 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labsupport import checks, theory
from labsupport.simulators.edge_region import Floats, Map, ways
from labsupport.simulators.numbering import read_only

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class EdgeResult:
    """How users are served with some sites open.

    Attributes
    ----------
    opened : tuple of int
    server : ndarray of int, shape (users,)
        The site that each user's requests go to; −1 for straight to the data centre.
    way : ndarray of float, shape (users,)
        How long their requests and answers are on their way, on average, in ms.
    rates : ndarray of float, shape (opened + 1,)
        Requests a second that are worked on at each open site, and last in the data centre.
    machines : ndarray of int, shape (opened + 1,)
        How many servers stand there.
    waits : ndarray of float, shape (opened + 1,)
        The mean time that requests wait there for a server, in ms.
    service : float
        How long they are worked on, in ms.
    backhaul : float
        The share of all requests, and of what they carry, that reaches the data centre.
    weights : ndarray of float, shape (users,)
    """

    opened: tuple[int, ...]
    server: Integers
    way: Floats
    rates: Floats
    machines: Integers
    waits: Floats
    service: float
    backhaul: float
    weights: Floats

    @property
    def mean_way(self) -> float:
        """The mean time on the way, in ms."""
        return float(self.weights @ self.way)

    @property
    def mean_wait(self) -> float:
        """The mean time that a request waits for a server, in ms."""
        return float(self.rates @ self.waits / self.rates.sum())

    @property
    def mean_latency(self) -> float:
        """The mean time from question to answer, in ms."""
        return self.mean_way + self.mean_wait + self.service


def serve(area: Map, opened: Sequence[int], rate: float, *, answered: float = 0.8, service: float = 20.0, load: float = 0.8) -> EdgeResult:
    """Serve everybody from the site that is nearest for them, or from the data centre, by enough servers everywhere.

    Each request is worked on once, where it is answered. At each place there are just so many servers that no more than ``load`` of their time is
    needed; requests come at random and take exponential times, so each place is an M/M/c queue.

    Parameters
    ----------
    area : Map
    opened : sequence of int
        The sites that are open, each once.
    rate : float
        Requests a second of all users together.
    answered : float, default 0.8
        The share that a site answers itself, from 0 to 1.
    service : float, default 20
        Mean time that a request is worked on, in ms.
    load : float, default 0.8
        The highest utilisation of a place, above 0 and below 1.

    Returns
    -------
    EdgeResult

    Raises
    ------
    ValueError, TypeError
        If a site is not on the map or open twice, or a number is outside its range.

    Examples
    --------
    >>> from labsupport.simulators.edge_region import region
    >>> result = serve(region(seed=1), [0, 1], rate=1_000)
    >>> result.machines.tolist(), round(result.backhaul, 2)
    ([12, 5, 10], 0.36)
    """
    sites = len(area.sites)
    chosen = [checks.integer("opened", site, 0, sites - 1) for site in opened]
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"opened is {chosen}, but each site can be opened once")
    rate, service = checks.number("rate", rate, above=0), checks.number("service", service, above=0)
    load = checks.number("load", load, above=0, maximum=0.999)
    costs = ways(area, answered)[:, [*chosen, sites]]
    place = np.argmin(costs, axis=1)
    arriving = rate * np.bincount(place, weights=area.weights, minlength=len(chosen) + 1)
    rates: Floats = np.asarray(arriving * answered, dtype=np.float64)
    rates[-1] = arriving[-1] + (1 - answered) * arriving[:-1].sum()
    work = rates * service / 1_000
    machines = np.ceil(work / load - 1e-9).astype(np.int64)
    waits, busy = np.zeros(rates.size), rates > 0
    waits[busy] = 1_000 * theory.mmc_mean_wait(rates[busy], 1_000 / service, machines[busy])
    names: Integers = np.array([*chosen, -1], dtype=np.int64)
    way: Floats = costs[np.arange(len(costs)), place]
    server, times, counts = read_only(names[place]), read_only(way), read_only(machines)
    return EdgeResult(tuple(chosen), server, times, read_only(rates), counts, read_only(waits), service, float(rates[-1] / rate), area.weights)
