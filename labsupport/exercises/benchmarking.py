"""What the exercises on load tests need: a server's log, a tester's log, runs of two versions, and the court on throughput. No answer is in here."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from labsupport import checks, workloads
from labsupport.exercises.expectations import NotYet
from labsupport.simulators import queueing

if TYPE_CHECKING:
    import pandas as pd

HINTS = {
    "log": (
        "Which column says that an answer was given within the window: the one in which the request came, or the one in which it ended?",
        "A worker that is busy with a request that fails is busy all the same. Who counts for the throughput, and who for the utilisation?",
        "Draw a request as a bar that sticks out of the window at both ends. How much of it lies inside? `clip` cuts a whole column at once.",
    ),
    "omission": (
        "While the tester waited for one slow answer, how many requests should it have sent? What would each of them have waited?",
        "Take an interval of 10 ms and one answer of 45 ms. Put down when the next ones were due, and how much of the 45 ms was left then.",
        "A tester with a schedule knows when each request was due. One that only kept the response times must have the missing ones filled in, "
        "each shorter by one interval than the one before.",
    ),
    "compare": (
        "The two versions of a pair ran one after the other on the same machine. What has the difference of the two got rid of?",
        "Thousands of requests in a run are not thousands of measurements: they share a machine, a cache, a minute. "
        "What is measured once for each pair?",
        "For the verdict, draw the interval and the two limits on one line. There are four ways in which they can lie – and one of "
        "them means that you do not know.",
    ),
    "throughput": (
        "Ask of a server that nobody visits: what is its throughput, and what does that say of what it could do?",
        "How many requests a second can so many servers do at most? Offer less, about as much, and much more, and look at what is answered in time.",
        "For the configuration: who listens on port 9090 if nobody has changed anything? What would it find there?",
    ),
}

#: How many standard errors a 95 % confidence interval reaches to each side, by the number of differences less one (Student's t).
STUDENT = dict(
    enumerate(
        (
            *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
            *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
            *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
        ),
        start=1,
    )
)

SERVICE, SECONDS = 0.010, 60.0  # of each request, exponential; how long the court watches
CAPACITY = 1 / SERVICE  # requests a second of one server
CLEAR, HIDDEN = 0.95, 0.5  # of what can be done: this or more shows the capacity, this or less does not

SETTINGS: Mapping[str, tuple[int, int] | tuple[float, float]] = {"rate": (1, 4_000), "servers": (1, 20), "patience": (0.05, 10.0)}


def served_log(seconds: int, rate: float, workers: int, seed: int) -> pd.DataFrame:
    """Log the requests of a server with some workers, which has been running before the log begins at 0.

    Parameters
    ----------
    seconds : int
        Requests come until then; the last may be answered later.
    rate : float
        Requests a second.
    workers : int
        How many requests are worked on at once; the others wait.
    seed : int
        Same seed, same log.

    Returns
    -------
    pandas.DataFrame
        A row for each request that ended after 0, in the order in which they came: ``arrival``, ``begin`` and ``end`` in seconds, and
        ``status``, 200 or, where it failed, 503.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> served_log(60, rate=1.0, workers=1, seed=1).head(2)
       arrival  begin    end  status
    0   -0.961 -0.477  0.673     200
    1   -0.463  0.673  0.919     200
    """
    import pandas as pd

    seconds, rate = checks.integer("seconds", seconds, minimum=1), checks.number("rate", rate, above=0)
    requests = int(2 * rate * (seconds + 10)) + 20
    arrivals = workloads.poisson_arrivals(requests, rate, seed) - 10
    work = workloads.lognormal_services(requests, 0.6 * checks.integer("workers", workers, minimum=1) / rate, seed + 1, squared_cv=2.0)
    result = queueing.simulate(arrivals + 10, work, workers)
    begins, ends = np.asarray(result.starts) - 10, result.finishes - 10
    failed = np.random.default_rng(seed + 2).random(requests) < 0.04
    log = pd.DataFrame({"arrival": arrivals, "begin": begins, "end": ends}).round(3).assign(status=np.where(failed, 503, 200))
    return log[(log["end"] > 0) & (log["arrival"] < seconds)].reset_index(drop=True)


def log_of(rows: Sequence[tuple[float, float, float, int]]) -> pd.DataFrame:
    """Make a log of a few requests by hand.

    Parameters
    ----------
    rows : sequence of (float, float, float, int)
        For each request when it came, when its work began and when it ended, in seconds, and its status.

    Returns
    -------
    pandas.DataFrame
        As `served_log` returns it.

    Examples
    --------
    >>> log_of([(0, 0.5, 1, 200)])
       arrival  begin  end  status
    0      0.0    0.5  1.0     200
    """
    import pandas as pd

    log = pd.DataFrame([list(row) for row in rows], columns=["arrival", "begin", "end", "status"])
    return log.astype({"arrival": float, "begin": float, "end": float, "status": int})


def stalled_log(interval: float, requests: int, seed: int) -> list[tuple[float, float]]:
    """Log what a tester saw that is to send a request every so often, and waits for each answer before it sends the next.

    Parameters
    ----------
    interval : float
        Milliseconds between two requests, if nothing comes in between: request k is due at k × interval.
    requests : int
        How many, at least 1.
    seed : int
        Same seed, same log.

    Returns
    -------
    list of (float, float)
        When each request was sent, and how long its answer took, in milliseconds.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> stalled_log(10.0, 3, seed=20)
    [(0.0, 5.1), (10.0, 4.8), (20.0, 4.4)]
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    interval = checks.number("interval", interval, above=0)
    log, free = list[tuple[float, float]](), 0.0
    for number in range(checks.integer("requests", requests, minimum=1)):
        sent = round(max(free, number * interval), 1)
        stall = interval * chance.uniform(2, 60) if chance.random() < 0.005 else 0
        took = round(interval * chance.uniform(0.1, 0.7) * chance.choice((1, 1, 1, 1, 1, 1, 1, 4)) + stall, 1)
        log.append((sent, took))
        free = sent + took
    return log


def version_runs(pairs: int, faster: float, seed: int) -> dict[str, list[list[float]]]:
    """Run an old and a new version one after the other, again and again, on a machine that has better and worse days.

    Parameters
    ----------
    pairs : int
        How many runs of each, at least 1.
    faster : float
        By how many percent the new version is faster; slower if negative.
    seed : int
        Same seed, same runs.

    Returns
    -------
    dict
        ``old`` and ``new``: for each run the response times of its requests in milliseconds, in the order in which they were sent.
        The first 40 or so of each run find cold caches.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> runs = version_runs(2, faster=5, seed=1)
    >>> [[round(run[0]), round(run[-1])] for run in runs["old"]]
    [[91, 30], [63, 8]]
    """
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    runs: dict[str, list[list[float]]] = {"old": [], "new": []}
    for _ in range(checks.integer("pairs", pairs, minimum=1)):
        day = generator.uniform(15, 30)  # ms, which both versions share
        for version, factor in (("old", 1.0), ("new", 1 - checks.number("faster", faster) / 100)):
            times = day * factor * generator.gamma(4, 1 / 4, 200) * generator.normal(1, 0.01)
            times[:40] += 60 * np.exp(-np.arange(40) / 12) * (2.0 if version == "new" else 1.0)
            runs[version].append(times.round(2).tolist())
    return runs


def court(seed: int, rate: int, servers: int, patience: float) -> str:
    """Hold the throughput that is measured at some load against what the servers can do.

    Parameters
    ----------
    seed : int
        Same seed, same requests.
    rate : int
        Requests that come each second, at random.
    servers : int
        How many serve them from one line, each 100 a second.
    patience : float
        Seconds after which a user has gone; what is answered later is work for nothing, and no transaction.

    Returns
    -------
    {"refutes", "supports"}

    Raises
    ------
    NotYet
        If the throughput is neither close to the capacity nor far from it.

    Examples
    --------
    >>> court(1, rate=10, servers=1, patience=10)
    'refutes'
    """
    requests = int(1.2 * rate * SECONDS) + 100
    arrivals = workloads.poisson_arrivals(requests, float(rate), seed)
    result = queueing.simulate(arrivals, workloads.exponential_services(requests, SERVICE, seed + 1), servers)
    within = (result.finishes <= SECONDS) & (result.responses <= patience)
    shown = float(np.count_nonzero(within)) / SECONDS / (servers * CAPACITY)
    if shown >= CLEAR:
        return "supports"
    if shown <= HIDDEN:
        return "refutes"
    raise NotYet(
        f"almost: this witness says little – the throughput is {100 * shown:.0f} % of what the servers can do; {100 * CLEAR:.0f} % or more supports, "
        f"{100 * HIDDEN:.0f} % or less refutes. Look next: rate, beside what the servers can do."
    )
