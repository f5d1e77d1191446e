"""Trips of single requests: from a user to an edge site, on to the data centre if need be, through a queue, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators import queueing
from labsupport.simulators.edge import EdgeResult
from labsupport.simulators.edge_region import LAST_MILE, Map, round_trips
from labsupport.simulators.numbering import read_only

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Trips:
    """When each request was where, in milliseconds, in the order in which they were sent.

    Attributes
    ----------
    user : ndarray of int, shape (requests,)
    site : ndarray of int, shape (requests,)
        The site that it goes to; −1 for straight to the data centre.
    place : ndarray of int, shape (requests,)
        Where it is worked on: an index into the open sites, or their number for the data centre.
    sent, passed, reached, began, ended : ndarray of float, shape (requests,)
        When it leaves its user, comes to its site, comes to where it is worked on, is begun, and is done. A request that is worked on at its site
        passes and reaches it at the same moment; one that goes straight passes the data centre itself.
    """

    user: Integers
    site: Integers
    place: Integers
    sent: Floats
    passed: Floats
    reached: Floats
    began: Floats
    ended: Floats

    @property
    def returned(self) -> Floats:
        """When it comes to its site again: the way back takes as long as the way there."""
        return self.ended + (self.reached - self.passed)

    @property
    def back(self) -> Floats:
        """When it is back."""
        return self.returned + (self.passed - self.sent)


def follow(area: Map, served: EdgeResult, rate: float, requests: int, *, answered: float = 0.8, seed: int = 0) -> Trips:
    """Follow single requests through a region whose sites are open.

    They are sent at random, by users as often as these weigh; a site can answer each with the same probability, and each is worked on for an
    exponential time, by the first server that is free, in the order in which they come.

    Parameters
    ----------
    area : Map
    served : EdgeResult
        As `edge.serve` returned it for this region.
    rate : float
        Requests a second.
    requests : int
        How many are sent, to servers that are idle at first.
    answered : float, default 0.8
        The share that a site answers itself; as in `edge.serve`.
    seed : int, default 0
        Same seed, same requests.

    Returns
    -------
    Trips

    Raises
    ------
    ValueError, TypeError
        If a number is outside its range.

    Examples
    --------
    >>> from labsupport.simulators.edge import serve
    >>> from labsupport.simulators.edge_region import region
    >>> area = region(seed=1)
    >>> trips = follow(area, serve(area, [0, 1], 1_000), 1_000, 500)
    >>> round(float((trips.back - trips.sent).mean()))
    43
    """
    rate, requests = checks.number("rate", rate, above=0), checks.integer("requests", requests, minimum=1)
    answered = checks.number("answered", answered, 0, 1)
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    sent = np.cumsum(generator.standard_exponential(requests)) * 1_000 / rate
    user = generator.choice(len(area.users), requests, p=area.weights)
    work = generator.standard_exponential(requests) * served.service
    here = generator.random(requests) < answered
    site = served.server[user]
    centre = len(area.sites)
    near = np.hstack((round_trips(area.users, area.sites), round_trips(area.users, area.centre[None])))[user, np.where(site < 0, centre, site)]
    onward = np.append(round_trips(area.sites, area.centre[None])[:, 0], 0.0)[np.where(site < 0, centre, site)]
    onward = np.where(here, 0.0, onward)
    passed = sent + (near + LAST_MILE) / 2
    reached = passed + onward / 2
    numbers = np.full(centre + 1, len(served.opened), dtype=np.int64)
    numbers[list(served.opened)] = np.arange(len(served.opened))
    place = np.where(here & (site >= 0), numbers[site], len(served.opened))
    began, ended = np.empty(requests), np.empty(requests)
    for number in np.unique(place).tolist():
        ours = np.flatnonzero(place == number)
        ours = ours[np.argsort(reached[ours], kind="stable")]
        queue = queueing.simulate(reached[ours], work[ours], int(served.machines[number]))
        began[ours], ended[ours] = queue.finishes - work[ours], queue.finishes
    times = [read_only(np.asarray(each)) for each in (sent, passed, reached, began, ended)]
    return Trips(read_only(user), read_only(site), read_only(place), *times)
