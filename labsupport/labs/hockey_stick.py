"""The hockey stick: response times against utilisation, simulated and in theory, for the queue lab.

At every utilisation the same requests come, only closer together, so that a curve bends because of the queue and for no other reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import theory, workloads
from labsupport.labs.marks import Line, Role
from labsupport.simulators import queueing

SERVICE = 10.0  # milliseconds of work that a request is on average
WARM_UP = 20_000  # requests before anything is counted
REQUESTS = WARM_UP + 100_000
LONGEST = 1_000.0  # milliseconds on the axis: beyond, somebody has given up
BEYOND = 100  # percent of what the servers can do
SQUARED_CVS = {"deterministic": 0.0, "exponential": 1.0, "bimodal": 10.9 / 1.9**2 - 1, "lognormal": 4.0}  # Pareto's, at 1.8, is infinite
CURVE = [10, 20, 30, 40, 50, 60, 66, 72, 76, 80, 84, 87, 90, 92, 94, 95, 96, 97, 98, 99]


@dataclass(frozen=True)
class Setting:
    """Everything but the utilisation.

    Attributes
    ----------
    servers : int
    service, arrivals, discipline : str
    """

    servers: int
    service: str
    arrivals: str
    discipline: str

    @property
    def memoryless(self) -> bool:
        """Whether it is M/M/c, of which everything is known."""
        return (self.service, self.arrivals, self.discipline) == ("exponential", "poisson", "first_come_first_served")

    @property
    def exact(self) -> bool:
        """Whether there is an exact formula for the mean, where there is any."""
        return self.arrivals == "poisson" and (self.servers == 1 or self.service == "exponential")

    def rate(self, utilization: Any) -> Any:
        """Return how many requests come per millisecond at some utilisation, or at several."""
        return utilization / BEYOND * self.servers / SERVICE

    def mean_in_theory(self, utilization: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the mean responses, where a formula says them, exactly or nearly."""
        if self.arrivals == "bursty" or self.service not in SQUARED_CVS:
            return None
        if self.discipline == "first_come_first_served":
            variation = 1.0 if self.arrivals == "poisson" else 0.0
            return SERVICE + np.asarray(theory.ggc_mean_wait(self.rate(utilization), SERVICE, self.servers, variation, SQUARED_CVS[self.service]))
        if not self.exact:
            return None  # with one server, sharing takes as long as M/M/1, however the work varies
        return SERVICE + np.asarray(theory.mmc_mean_wait(self.rate(utilization), 1 / SERVICE, self.servers))


@lru_cache(maxsize=3)
def _arrivals(name: str) -> NDArray[np.float64]:
    """Return arrivals of rate 1: all utilisations meet the same, only closer together."""
    if name == "deterministic":
        return workloads.deterministic_arrivals(REQUESTS, 1.0)
    draw = workloads.poisson_arrivals if name == "poisson" else workloads.bursty_arrivals
    return draw(REQUESTS, 1.0, seed=12)  # seeds whose sample lies near theory


@lru_cache(maxsize=5)
def _services(name: str) -> NDArray[np.float64]:
    if name == "deterministic":
        return workloads.deterministic_services(REQUESTS, SERVICE)
    if name == "bimodal":
        return workloads.bimodal_services(REQUESTS, SERVICE, seed=112, share=0.1, ratio=10)
    if name == "lognormal":
        return workloads.lognormal_services(REQUESTS, SERVICE, seed=112, squared_cv=4.0)
    if name == "pareto":
        return workloads.pareto_services(REQUESTS, SERVICE, seed=112, shape=1.8)
    return workloads.exponential_services(REQUESTS, SERVICE, seed=112)


@lru_cache(maxsize=4)
def simulate(setting: Setting, utilization: float) -> queueing.QueueingResult:
    """Let 120,000 requests come.

    Parameters
    ----------
    setting : Setting
    utilization : float
        In percent, above 0.

    Returns
    -------
    QueueingResult
        In milliseconds.
    """
    work = _services(setting.service)
    gap = float(work.mean()) * BEYOND / (utilization * setting.servers)  # the work as drawn, so that the load is as set
    return queueing.simulate(_arrivals(setting.arrivals) * gap, work, setting.servers, discipline=setting.discipline)


@lru_cache(maxsize=4096)
def measured(setting: Setting, utilization: float) -> tuple[float, float]:
    """Return the mean response and the 99th percentile after the warm-up.

    Parameters
    ----------
    setting : Setting
    utilization : float
        In percent, above 0.

    Returns
    -------
    tuple of float
        In milliseconds.
    """
    responses = simulate(setting, utilization).responses[WARM_UP:]
    return float(responses.mean()), float(np.percentile(responses, 99))


@lru_cache(maxsize=64)
def lines_in_theory(setting: Setting) -> tuple[Line, ...]:
    """Draw what formulas say of mean and 99th percentile, where there are any.

    Parameters
    ----------
    setting : Setting

    Returns
    -------
    tuple of Line
    """
    loads = np.concatenate((np.arange(5.0, 90.0, 5.0), np.arange(90.0, 99.6, 0.5)))
    lines = []
    mean = setting.mean_in_theory(loads)
    if mean is not None:
        lines.append(line("mean in theory" if setting.exact else "mean, approximated", loads, mean, "theory"))
    if setting.memoryless:
        percentiles = theory.mmc_response_percentile(setting.rate(loads), 1 / SERVICE, setting.servers, 0.99)
        lines.append(line("p99 in theory", loads, np.asarray(percentiles), "theory"))
    return tuple(lines)


@lru_cache(maxsize=64)
def curves(setting: Setting) -> NDArray[np.float64]:
    """Return mean and 99th percentile at the utilisations of `CURVE`.

    Parameters
    ----------
    setting : Setting

    Returns
    -------
    ndarray of float64, shape (utilisations, 2)
        In milliseconds.
    """
    return np.array([measured(setting, load) for load in CURVE])


def line(label: str, x: Sequence[float] | NDArray[Any], y: NDArray[np.float64], role: Role) -> Line:
    """Draw a curve up to where it leaves the picture.

    Parameters
    ----------
    label : str
    x : array_like of float, shape (points,)
        Utilisations in percent, rising.
    y : ndarray of float64, shape (points,)
        Times in milliseconds.
    role : str
        See `labsupport.labs.marks`.

    Returns
    -------
    Line
    """
    above = np.flatnonzero(y > LONGEST)
    if above.size and above[0] > 0:
        last = int(above[0])
        edge = np.interp(LONGEST, y[last - 1 : last + 1], np.asarray(x, dtype=float)[last - 1 : last + 1])
        return Line(label, [*x[:last], float(edge)], [*y[:last].tolist(), LONGEST], role)
    kept = int(above[0]) + 1 if above.size else len(x)
    return Line(label, list(x)[:kept], np.minimum(y[:kept], LONGEST).tolist(), role)
