"""Result: what a balancer and its servers did, and what that says of every server."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labsupport.simulators.changes import Change, capacity
from labsupport.simulators.dispatch.fleet import Flow


@dataclass(frozen=True)
class BalancingResult:
    """What a balancer and its servers did with a stream of requests.

    Attributes
    ----------
    policy : str
        The balancing policy.
    arrivals, services : ndarray of float64, shape (requests,)
        When each request came, and how much work it was. Read-only.
    speeds : ndarray of float64, shape (servers,)
        Work that each server does per unit of time, at first. Read-only.
    servers : ndarray of int32, shape (requests,)
        Which server each request was sent to. Read-only.
    waits : ndarray of float64, shape (requests,)
        Time from arrival to the start of service. Read-only.
    responses : ndarray of float64, shape (requests,)
        Time from arrival to departure, or to the moment at which a lost request failed; infinite if it waits for ever. Read-only.
    found : ndarray of int32, shape (requests,)
        How many requests, waiting or in service, each one found at its server. Read-only.
    lost : ndarray of bool, shape (requests,)
        Whether its server went down and the request was never served. Read-only.
    changes : tuple of Change
        When which server changed its speed, in the order of time.
    """

    policy: str
    arrivals: NDArray[np.float64]
    services: NDArray[np.float64]
    speeds: NDArray[np.float64]
    servers: NDArray[np.int32]
    waits: NDArray[np.float64]
    responses: NDArray[np.float64]
    found: NDArray[np.int32]
    lost: NDArray[np.bool_]
    changes: tuple[Change, ...] = ()

    @property
    def requests_per_server(self) -> NDArray[np.int64]:
        """Number of requests sent to each server."""
        return np.bincount(self.servers, minlength=self.speeds.size).astype(np.int64)

    @property
    def busy_times(self) -> NDArray[np.float64]:
        """How long each server worked."""
        if not self.changes:
            return np.bincount(self.servers, weights=self.services, minlength=self.speeds.size) / self.speeds
        begun, ended = self.arrivals + self.waits, self.arrivals + self.responses
        busy = np.zeros(self.speeds.size)
        for server, speed in enumerate(self.speeds.tolist()):
            own = self.servers == server
            ends, begins = (capacity(server, speed, self.changes, moments[own], as_time=True) for moments in (ended, begun))
            busy[server] = np.sum(ends - begins)
        return busy

    @property
    def utilizations(self) -> NDArray[np.float64]:
        """Share of the time, from the first arrival to the last departure, in which each server worked; 0 if no time passed."""
        departures = self.arrivals + self.responses
        span = float(departures[np.isfinite(departures)].max(initial=self.arrivals[-1]) - self.arrivals[0])
        return self.busy_times / span if span > 0 else np.zeros(self.speeds.size)

    @property
    def offered_loads(self) -> NDArray[np.float64]:
        """Work sent to each server, while requests came, over the work it could have done in that time: ρ of each server.

        The time is that from the first arrival to the last, the work that of all requests but the last. Infinite for a server
        to which work came though it could do none.
        """
        work, able = self._work_and_capacity()
        return np.divide(work, able, out=np.where(work > 0, np.inf, 0.0), where=able > 0)

    def _work_and_capacity(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        earlier = slice(0, self.arrivals.size - 1)
        work = np.bincount(self.servers[earlier], weights=self.services[earlier], minlength=self.speeds.size)
        if not self.changes:
            return np.divide(work, self.speeds), np.full(self.speeds.size, self.arrivals[-1] - self.arrivals[0], dtype=np.float64)
        borders = self.arrivals[[0, -1]]
        able = [np.diff(capacity(server, speed, self.changes, borders))[0] for server, speed in enumerate(self.speeds.tolist())]
        return np.asarray(work, dtype=np.float64), np.array(able)

    @property
    def overloaded(self) -> NDArray[np.int64]:
        """Servers that were offered as much as they can do, or more: their queues have no steady state, however low the total."""
        return np.flatnonzero(self.offered_loads >= 1)

    @property
    def stability(self) -> str:
        """A sentence that says where no steady state exists."""
        work, able = self._work_and_capacity()
        shares = np.ones(self.speeds.size) if self.changes else self.speeds
        loads, total = self.offered_loads, float(work @ shares / (able @ shares)) if able.any() else math.inf
        if not self.overloaded.size:
            return f"Every server can keep up: the busiest is offered {loads.max():.2f} of what it can do, all together {total:.2f}."
        names = ", ".join(str(server) for server in self.overloaded[:10]) + (", …" if self.overloaded.size > 10 else "")
        whose = f"server {names}" if self.overloaded.size == 1 else f"the {self.overloaded.size} servers {names}"
        return (
            f"No steady state at {whose}: offered up to {loads.max():.2f} times what can be done there, while all together are offered "
            f"{total:.2f}. The queue grows for as long as requests come, and so does the mean response."
        )


def new_result(policy: str, flow: Flow, speeds: NDArray[np.float64], changes: tuple[Change, ...]) -> BalancingResult:
    """Return what has become of requests that have all been sent."""
    if changes:
        np.logical_or(flow.lost, np.isinf(flow.finishes), out=flow.lost)
    responses = flow.finishes
    responses -= flow.arrivals
    for array in (flow.arrivals, flow.services, speeds, flow.servers, flow.waits, responses, flow.found, flow.lost):
        array.flags.writeable = False
    return BalancingResult(policy, flow.arrivals, flow.services, speeds, flow.servers, flow.waits, responses, flow.found, flow.lost, changes)
