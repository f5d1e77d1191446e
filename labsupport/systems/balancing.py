"""The balancers of the course beside real ones: the same requests through HAProxy, nginx, the simulator, and theory."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks
from labsupport.simulators.balancing import BalancingResult, Change, drive, simulate
from labsupport.simulators.changes import checked
from labsupport.systems import comparison, rules, tallies
from labsupport.systems.backends import Backends
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.haproxy import CHECK, FALL, HAProxy
from labsupport.systems.nginx import Nginx
from labsupport.systems.progress import Progress
from labsupport.systems.proxy import POLICIES, Proxy
from labsupport.systems.server import ServerError
from labsupport.systems.tallies import COLUMNS, TYPES, Tally
from labsupport.systems.visits import Visits, visit
from labsupport.theory import mm1_mean_response, mm1_response_percentile

if TYPE_CHECKING:
    pass

__all__ = ["COLUMNS", "POLICIES", "HAProxy", "Nginx", "Workload", "compare", "default_workload", "record", "recorded"]

PROGRAMS: dict[str, type[Proxy]] = {"haproxy": HAProxy, "nginx": Nginx}
SPEEDS = (3.0, 3.0, 3.0, 3.0, 1.0, 1.0)
DEFAULT = {"requests": 420, "rate": 140.0, "work": 0.03, "seed": 1}
RECORDED_REQUESTS = 2_000
STOP = (Change(4, server=0, speed=0), Change(9, server=0, speed=3))
SLOW = (Change(4, server=0, speed=0.3), Change(9, server=0, speed=3))
LONGEST = 120.0  # seconds that a run may take
LARGEST_FLEET = 100


class Workload(NamedTuple):
    """Requests, and the servers they are for.

    Parameters
    ----------
    arrivals : ndarray of float64, shape (requests,)
        When each request comes, in seconds from the start.
    services : ndarray of float64, shape (requests,)
        How much work it is, in seconds at speed 1.
    speeds : ndarray of float64, shape (servers,)
        How fast each server works.
    keys : ndarray of int64, shape (requests,)
        What it is about, for consistent hashing.
    """

    arrivals: NDArray[np.float64]
    services: NDArray[np.float64]
    speeds: NDArray[np.float64]
    keys: NDArray[np.int64]


def default_workload(requests: int = int(DEFAULT["requests"])) -> Workload:
    """Return the requests of the comparison: a Poisson process of 140 a second, exponential work, six servers of speeds 3 and 1.

    A request takes 10 ms on a fast server and 30 ms on a slow one, on average: a load of 0.3 for all together. If each server got
    as many, the slow ones would be busy 70% of the time.

    Parameters
    ----------
    requests : int, optional
        How many; the recorded run has 2,000.

    Returns
    -------
    Workload

    Examples
    --------
    >>> default_workload().speeds
    array([3., 3., 3., 3., 1., 1.])
    """
    from labsupport.workloads import exponential_services, poisson_arrivals, user_id_keys

    seed = int(DEFAULT["seed"])
    arrivals = poisson_arrivals(requests, DEFAULT["rate"], seed)
    services = exponential_services(requests, DEFAULT["work"], seed + 1)
    return Workload(arrivals, services, np.array(SPEEDS), user_id_keys(requests, checks.LARGEST_KEY, seed + 2))


def compare(
    workload: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike] | None = None,
    policies: Sequence[str] = POLICIES,
    *,
    programs: Sequence[str] = ("haproxy", "nginx"),
    changes: Iterable[Change] = (),
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Comparison:
    """Send the same requests through HAProxy and nginx and through the simulator, and say why they differ.

    The servers behind them are our own, of the speeds given, and wait as long as each request's work takes. For each policy, both
    programs run at the same time, each with servers of its own. The simulator is run twice: by the textbook's rule, and by the
    program's own – its ties, its hash and its ring.

    Where a program is not installed, the comparison says how to get it, and leaves it out. Where neither can run, it holds the
    recorded run; so it does wherever nothing is to be measured (see `labsupport.systems.comparison.reason_not_to_measure`).

    Parameters
    ----------
    workload : tuple of (arrivals, services, speeds, keys), optional
        A `Workload` or four arrays like it; by default `default_workload`, which takes 3 s for each policy.
    policies : sequence of {"round_robin", "least_connections", "two_choices", "consistent_hash"}, optional
        The policies, one after the other.
    programs : sequence of {"haproxy", "nginx"}, optional
        The real load balancers.
    changes : iterable of Change, optional
        When which server slows, stops (speed 0) or returns, in seconds from the start.
    seed : int, optional
        Where the simulator's random numbers start.
    progress : callable, optional
        Called with the share that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns of `labsupport.systems.tallies.COLUMNS`: one row for each server, and one for all together, of
        each policy and program, in each period between changes and in the whole run.

    Raises
    ------
    ValueError, TypeError
        If an argument is not what it must be.

    Examples
    --------
    >>> comparison = compare(([0.0, 0.01], [0.001, 0.001], [1.0, 1.0], [1, 2]), ["round_robin"])
    >>> "measurement" in set(comparison.table["source"])  # made now, or recorded where both are absent
    True
    """
    load = default_workload() if workload is None else _checked(workload)
    course = checked(changes, load.speeds.size)
    seed = checks.integer("seed", seed, minimum=0)
    for name, values, allowed in (("policies", policies, POLICIES), ("programs", programs, PROGRAMS)):
        if not isinstance(values, list | tuple):
            raise TypeError(f"{name} is {values!r} ({type(values).__name__}), but must be a list of names")
        if not values:
            raise ValueError(f"{name} is empty, but must hold at least one")
        for value in values:
            checks.choice(name, value, allowed)
    reason = comparison.reason_not_to_measure()
    if reason:
        return _shipped(reason, policies, course)
    present = [name for name in programs if PROGRAMS[name].find() is not None]
    notice = "\n".join(PROGRAMS[name].missing() for name in programs if name not in present)
    if not present:
        return _shipped(notice, policies, course)
    try:
        with contextlib.ExitStack() as stack:
            show = progress or stack.enter_context(Progress(f"Sending {load.arrivals.size:,} requests under each policy"))
            made = _measured(load, policies, present, course, seed, show, poisson=workload is None)
    except ServerError as error:
        return _shipped(str(error), policies, course)
    return dataclasses.replace(made, notice=notice)


def recorded(notice: str = "") -> Comparison:
    """Return the comparison that is shipped with the course, labelled as recorded.

    Parameters
    ----------
    notice : str, optional
        What to say before the words that label it as recorded.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> recorded().recorded
    True
    """
    shipped = comparison.recorded("balancing", notice, TYPES)
    return dataclasses.replace(shipped, summary=tallies.summary(shipped.table))


def _shipped(notice: str, policies: Sequence[str], course: Sequence[Change]) -> Comparison:
    """Return what of the recorded run is nearest to what was asked for: these policies, with servers that change or do not."""
    shipped = recorded(notice)
    wanted = (shipped.table["scenario"] == tallies.STEADY) == (not course)
    table = shipped.table[wanted & shipped.table["policy"].isin(policies)].reset_index(drop=True)
    if table.empty:  # of servers that change, two policies are recorded
        return shipped
    return dataclasses.replace(shipped, table=table, summary=tallies.summary(table))


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine; it takes about two minutes.

    Parameters
    ----------
    directory : pathlib.Path, optional
        Where to write; by default the folder that :func:`recorded` reads.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    ServerError
        If HAProxy or nginx cannot run here.

    Examples
    --------
    >>> RECORDED_REQUESTS / DEFAULT["rate"]  # seconds for each policy; too long for an example that runs
    14.285714285714286
    """
    import pandas as pd

    load, programs = default_workload(RECORDED_REQUESTS), list(PROGRAMS)
    measure = functools.partial(_measured, load, programs=programs, seed=0, show=lambda _: None, poisson=True)
    runs = [measure(policies=POLICIES, course=())]
    runs += [measure(policies=["round_robin", "least_connections"], course=course) for course in (STOP, SLOW)]
    table = pd.concat([run.table for run in runs], ignore_index=True)
    words = "\n\n".join([runs[0].reconciliation, *(run.reconciliation.split("\n\n")[-1] for run in runs[1:])])
    about = {**runs[0].about, "workload": {**DEFAULT, "requests": RECORDED_REQUESTS, "speeds": list(SPEEDS)}}
    return dataclasses.replace(runs[0], table=table, reconciliation=words, about=about).save("balancing", directory)


def _checked(workload: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]) -> Workload:
    if not isinstance(workload, tuple) or len(workload) != len(Workload._fields):
        raise TypeError(f"workload is {workload!r}, but must be a tuple of arrivals, services, speeds and keys")
    arrivals, services, speeds, keys = workload
    times = checks.times("arrivals", arrivals)
    load = Workload(
        times,
        checks.amounts("services", services, kind="service", length=times.size),
        checks.amounts("speeds", speeds, above=0, kind="speed"),
        checks.keys("keys", keys),
    )
    if load.keys.size != times.size:
        raise ValueError(f"keys holds {load.keys.size:,} keys, but must hold one for each of the {times.size:,} requests")
    if times[-1] > LONGEST:
        raise ValueError(f"arrivals ends at {times[-1]:g} s, but a real run must end within {LONGEST:g} s")
    if load.speeds.size > LARGEST_FLEET:
        raise ValueError(f"speeds holds {load.speeds.size:,} speeds, but there must be at most {LARGEST_FLEET} servers")
    return load


def _measured(
    load: Workload,
    policies: Sequence[str],
    programs: Sequence[str],
    course: tuple[Change, ...],
    seed: int,
    show: Callable[[float], None],
    *,
    poisson: bool,
) -> Comparison:
    """Run every policy through every program, and put simulation and theory beside it – which needs a default workload for times."""
    versions = {name: PROGRAMS[name].version(PROGRAMS[name].find() or Path(name)) for name in programs}
    found: list[Tally] = []
    latest = 0.0
    for number, policy in enumerate(policies):
        measured, ports = _run(load, policy, programs, course, functools.partial(_show_part, show, number, len(policies)))
        result = _textbook(load, policy, course, seed)
        found.append(Tally("simulation", "textbook", policy, result.servers, result.responses, result.lost))
        for name, visits in zip(programs, measured, strict=True):
            if not course:  # its rule knows nothing of health
                balancer = rules.rule(name, policy, load.keys.tolist(), ports[name], seed)
                result = drive(balancer, load.arrivals, load.services, load.speeds)
                found.append(Tally("simulation", f"{PROGRAMS[name].name}'s rule", policy, result.servers, result.responses, result.lost))
                if policy == "consistent_hash":
                    shares = rules.ring_shares(name, ports[name])
                    expected = [_expected(share, speed, poisson) for share, speed in zip(shares, load.speeds.tolist(), strict=True)]
                    found.append(Tally("theory", f"{PROGRAMS[name].name}'s ring, M/M/1", policy, expected=expected))
            program = f"{versions[name]} {PROGRAMS[name].words[policy]}"
            found.append(Tally("measurement", program, policy, visits.servers, visits.responses, visits.failed))
            latest = max(latest, visits.latest)
        if policy == "round_robin" and not course:
            found.append(Tally("theory", "equal shares", policy, expected=[(1 / load.speeds.size, None, None)] * load.speeds.size))
    about = {
        "system": " and ".join(versions.values()),
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "requests": load.arrivals.size,
        "latest_sent": round(latest, 4),
    }
    table = tallies.table(found, load.arrivals, load.speeds, course)
    return Comparison(table, tallies.reconcile(found, load.arrivals, course, latest), about, summary=tallies.summary(table))


def _expected(share: float, speed: float, poisson: bool) -> tuple[float, float | None, float | None]:
    """Return a server's part of the requests and, if they are those of the default workload, the mean and 99% of M/M/1."""
    arrival_rate, service_rate = share * DEFAULT["rate"], speed / DEFAULT["work"]
    if not poisson or arrival_rate >= service_rate:
        return share, None, None
    times = mm1_mean_response(arrival_rate, service_rate), mm1_response_percentile(arrival_rate, service_rate, 0.99)
    return share, float(times[0]), float(times[1])


def _show_part(show: Callable[[float], None], number: int, parts: int, share: float) -> None:
    show((number + share) / parts)


def _run(
    load: Workload, policy: str, programs: Sequence[str], course: tuple[Change, ...], show: Callable[[float], None]
) -> tuple[list[Visits], dict[str, list[int]]]:
    """Send the requests through all programs at once; return what became of them, and the ports of each one's servers."""
    with contextlib.ExitStack() as stack:
        backends = {name: stack.enter_context(Backends(load.speeds.tolist())) for name in programs}
        servers = {name: PROGRAMS[name](policy, backends[name].ports) for name in programs}
        for server in servers.values():
            stack.enter_context(server)
        ports = [servers[name].port for name in programs]
        visits = visit(ports, load.arrivals, load.services, load.keys, backends=list(backends.values()), changes=course, progress=show)
    if any(each.failed.all() for each in visits):
        raise ServerError("no request was answered: the load balancer or the servers behind it have ended")
    return visits, {name: each.ports for name, each in backends.items()}


def _textbook(load: Workload, policy: str, course: tuple[Change, ...], seed: int) -> BalancingResult:
    """Simulate by the textbook; where servers stop, the balancer learns of it as late as HAProxy does, on average."""
    keys = load.keys if policy == "consistent_hash" else None
    return simulate(policy, load.arrivals, load.services, load.speeds, seed, keys=keys, changes=course, when_down="fail", notice=CHECK * (FALL - 0.5))
