"""Tallies: who got which requests and how long they took – as a table, as a summary, and in sentences."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labsupport.simulators.changes import Change

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "source": "simulation, theory or measurement",
    "program": "for a measurement, name, version and setting of the load balancer; otherwise whose rule was followed",
    "policy": "round_robin, least_connections, two_choices or consistent_hash",
    "scenario": "steady, or what happened to which server when",
    "period": "all, or from when to when, in seconds; a request belongs to the period in which it came",
    "server": "number of the server that answered, from 0; empty for all together",
    "speed": "work that the server does per second, at first; empty for all together",
    "requests": "how many it answered",
    "share": "that number, as a part of all that were answered by any server",
    "mean_response": "seconds from the moment a request was due to its answer",
    "p99_response": "seconds that 99% of these requests did not exceed",
    "failed": "requests that got no answer, or an error; told for all servers together",
    "recorded": "True if it was not measured now, on this machine",
}
"""The columns of the table, and what stands in each; where a source says nothing, it is empty."""

TYPES = {"server": "Int64", "requests": "Int64", "failed": "Int64"}  # whole numbers, or nothing
STEADY, WHOLE = "steady", "all"
NAMES = {
    "round_robin": "Round robin",
    "least_connections": "Least connections",
    "two_choices": "Two random choices",
    "consistent_hash": "Consistent hash",
}


@dataclass(frozen=True)
class Tally:
    """What one source says of one policy.

    Parameters
    ----------
    source : {"simulation", "theory", "measurement"}
        Where it is from.
    program : str
        Whose rule, or which program.
    policy : str
        The policy.
    servers : ndarray of int32, shape (requests,), optional
        Which server each request was sent to; below 0 for none.
    responses : ndarray of float64, shape (requests,), optional
        How long each request took, in seconds.
    failed : ndarray of bool, shape (requests,), optional
        Which requests failed.
    expected : sequence of (float, float or None, float or None), optional
        From theory, for each server: its part of all requests, the mean response and its 99th percentile.
    """

    source: str
    program: str
    policy: str
    servers: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    responses: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    failed: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    expected: Sequence[tuple[float, float | None, float | None]] = ()

    def rows(self, arrivals: NDArray[np.float64], speeds: NDArray[np.float64], course: Sequence[Change]) -> list[tuple[Any, ...]]:
        """Return the rows of the table: for each period, all servers together and each by itself."""
        head = (self.source, self.program, self.policy, scenario(course))
        if self.expected:
            return [(*head, WHOLE, server, speeds[server], None, *expected, None) for server, expected in enumerate(self.expected)]
        rows: list[tuple[Any, ...]] = []
        for name, begin, end in periods(course):
            came = (arrivals >= begin) & (arrivals < end)
            answered = came & ~self.failed
            total = int(answered.sum())
            rows.append((*head, name, None, None, total, 1.0 if total else None, *_times(self.responses[answered]), int((came & self.failed).sum())))
            for server, speed in enumerate(speeds.tolist()):
                own = answered & (self.servers == server)
                share = own.sum() / total if total else None
                rows.append((*head, name, server, speed, int(own.sum()), share, *_times(self.responses[own]), None))
        return rows


def _times(responses: NDArray[np.float64]) -> tuple[float | None, float | None]:
    return (float(responses.mean()), float(np.percentile(responses, 99))) if responses.size else (None, None)


def scenario(course: Sequence[Change]) -> str:
    """Return in words what happens to the servers.

    Parameters
    ----------
    course : sequence of Change
        In the order of their times.

    Returns
    -------
    str

    Examples
    --------
    >>> scenario([Change(1, server=0, speed=0), Change(2.5, server=0, speed=3)])
    'server 0 stops at 1 s, server 0 has speed 3 from 2.5 s'
    """
    words = [
        f"server {change.server} " + (f"has speed {change.speed:g} from {change.time:g} s" if change.speed else f"stops at {change.time:g} s")
        for change in course
    ]
    return ", ".join(words) or STEADY


def periods(course: Sequence[Change]) -> list[tuple[str, float, float]]:
    """Return the whole run, then the periods between the changes: the name of each, and when it begins and ends.

    Parameters
    ----------
    course : sequence of Change

    Returns
    -------
    list of (str, float, float)
        Times in seconds; the last period has no end.

    Examples
    --------
    >>> periods([Change(1, server=0, speed=0)])
    [('all', 0.0, inf), ('0–1', 0.0, 1.0), ('1–', 1.0, inf)]
    """
    if not course:
        return [(WHOLE, 0.0, math.inf)]
    bounds = [0.0, *sorted({change.time for change in course if change.time > 0}), math.inf]
    parts = [(f"{begin:g}–{end:g}" if math.isfinite(end) else f"{begin:g}–", begin, end) for begin, end in itertools.pairwise(bounds)]
    return [(WHOLE, 0.0, math.inf), *parts]


def table(found: Sequence[Tally], arrivals: NDArray[np.float64], speeds: NDArray[np.float64], course: Sequence[Change]) -> pd.DataFrame:
    """Return the tidy table of all tallies, with the columns of `COLUMNS`."""
    import pandas as pd

    rows = [row for tally in found for row in tally.rows(arrivals, speeds, course)]
    made = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "recorded"]).astype(TYPES)
    floats = {"speed": 4, "share": 4, "mean_response": 5, "p99_response": 5}
    return made.astype(dict.fromkeys(floats, "float64")).round(floats).assign(recorded=False)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what fits on a page: a line for each policy, program and period, with times in milliseconds and each server's share.

    Scenario and period are left out where there is but one.
    """
    import pandas as pd

    keys = ["policy", "scenario", "period", "source", "program"]
    shares = rows[rows["server"].notna()].pivot_table(index=keys, columns="server", values="share", sort=False)
    shares.columns = pd.Index([f"share of {server}" for server in shares.columns])
    whole = rows[rows["server"].isna()].set_index(keys)[["requests", "failed", "mean_response", "p99_response"]]
    times = (1000 * whole[["mean_response", "p99_response"]]).round(1).rename(columns={"mean_response": "mean, ms", "p99_response": "99%, ms"})
    lines = whole[["requests", "failed"]].join(times, how="outer").join(shares.round(3), how="outer").reindex(shares.index).reset_index()
    return lines.drop(columns=[name for name in ("scenario", "period") if lines[name].nunique() == 1])


def reconcile(found: Sequence[Tally], arrivals: NDArray[np.float64], course: Sequence[Change], latest: float) -> str:
    """Say, from the numbers, what the model leaves out, how large the gap is, and why; ``latest`` is how late a request was sent at most."""
    if course:
        return _reconcile_changes(found, arrivals, course)
    parts = [_reconcile_times(found, latest)]
    for policy in dict.fromkeys(tally.policy for tally in found):
        own = [tally for tally in found if tally.policy == policy]
        parts.append(f"{NAMES[policy]}: {_reconcile_shares(policy, own)}")
    return "\n\n".join(parts)


def _pairs(found: Sequence[Tally]) -> list[tuple[Tally, Tally]]:
    """Return each measurement with the simulation of the same program's rule."""
    rules = {(tally.policy, tally.program.split("'")[0]): tally for tally in found if tally.source == "simulation"}
    return [(tally, rules[tally.policy, tally.program.split()[0]]) for tally in found if tally.source == "measurement"]


def _reconcile_times(found: Sequence[Tally], latest: float) -> str:
    more = [1000 * np.median(real.responses[~real.failed] - model.responses[~real.failed]) for real, model in _pairs(found)]
    return (
        "The servers behind the balancers wait as long as the simulator says, request by request. A response took longer than simulated, at the "
        f"median by {min(more):.1f} to {max(more):.1f} ms. That is what the model leaves out: two connections, three processes that take turns "
        f"on the processors of this machine, and Python at both ends. One request was even sent {1000 * latest:.0f} ms late, since something else "
        "was running. So compare shares, and differences between policies, rather than milliseconds."
    )


def _reconcile_shares(policy: str, own: Sequence[Tally]) -> str:
    worst = max(float(np.abs(_counts(real) - _counts(model)).max()) for real, model in _pairs(own))
    requests = own[0].servers.size
    same = "every server got exactly as many requests as simulated" if not worst else f"no server's number is off by more than {worst:.0f}"
    if policy == "round_robin":
        return f"{same}. Turns depend on nothing else, so there is nothing to leave out."
    if policy == "consistent_hash":
        return (
            f"simulated with each program's own hash and ring, {same}. The textbook's ring is another one: who gets much is chance, fixed "
            "when the ring is made. HAProxy puts 16 points of each server on its ring and takes the nearest, nginx 160 and takes the next: "
            "the more points, the more even the shares. Theory takes each server for itself, an M/M/1 queue that gets its part of the circle: "
            "it speaks of a run without end, in which a server that is offered 80% of what it can do has far longer queues than in seconds."
        )
    error = math.sqrt(requests) / 2
    measured = "; ".join(f"{real.program.split()[0]} {_counts(real)} (its rule, simulated: {_counts(model)})" for real, model in _pairs(own))
    textbook = next(tally for tally in own if tally.program == "textbook")
    why = {
        "least_connections": (
            "While there is little to do, nearly every choice is a tie, so the rule for ties decides. The textbook takes the server chosen least "
            "recently, HAProxy the one whose number of connections has not changed for longest, nginx lets those that tie take turns. Under all "
            "three, a slow server gets less only because it is busy for longer."
        ),
        "two_choices": (
            "HAProxy draws points of its ring, so a server with a large part of it is drawn more often, and may be drawn twice; nginx draws two "
            "different servers, all alike. Each run draws its own numbers."
        ),
    }[policy]
    return f"the textbook gives the servers {_counts(textbook)}, {measured}. Numbers like these differ by up to some {error:.0f} by chance. {why}"


def _counts(tally: Tally) -> NDArray[np.int64]:
    return np.bincount(tally.servers[tally.servers >= 0])


def _reconcile_changes(found: Sequence[Tally], arrivals: NDArray[np.float64], course: Sequence[Change]) -> str:
    first = course[0]
    later = [change.time for change in course if change.time > first.time]
    during = (arrivals >= first.time) & (arrivals < min(later, default=math.inf))
    measured = []
    for tally in found:
        if tally.source == "measurement":
            share = float((tally.servers[during] == first.server).mean()) if during.any() else 0.0
            measured.append(f"{tally.program} sent it {share:.0%} of the requests that came meanwhile, and {int(tally.failed.sum())} failed")
    why = (
        "HAProxy asks each server ten times a second and takes it out after two failures; what had been sent there already is lost. nginx asks "
        "nobody: a request that cannot be delivered goes to the next server, and the dead one is left alone for a second, then tried again. "
        "The simulator's balancer learns of it after a fixed time, and passes nothing on."
        if first.speed == 0
        else "A slow server answers every check of its health, so neither program takes it out. Only a policy that looks at the requests in "
        "progress sends it less; round robin goes on as before, and what it sends there has to wait."
    )
    return f"When {scenario([first])}: {'; '.join(measured)}. {why}"
