"""Timelines: what everybody whom I follow has posted, put together when it is written, when it is read, or some of each.

*Fan-out on write* puts a post into the timeline of each follower at once, so that a reader fetches one list. *Fan-out on read* writes a
post once, and a reader fetches the list of everybody followed. The *hybrid* does the first for most authors, and the second
for celebrities, whose posts would have to be written too often (Krikorian, "Timelines at Scale", QCon San Francisco 2012).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators import caching, queueing
from labsupport.simulators.numbering import read_only
from labsupport.workloads.followers import Network

STRATEGIES = ("on_write", "on_read", "hybrid")
KINDS = ("read", "post", "delivery")
KEPT = 800  # posts that a timeline keeps
MOST_OPERATIONS = 50_000_000

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Jobs:
    """What the shards did: each job is all that one post or one read asked of one shard.

    Attributes
    ----------
    kinds : ndarray of int64, shape (jobs,)
        An index into `KINDS`. Read-only.
    sources : ndarray of int64, shape (jobs,)
        Which post, or which read. Read-only.
    shards : ndarray of int64, shape (jobs,)
        Read-only.
    arrivals, work, finishes : ndarray of float64, shape (jobs,)
        When each came, how long the shard had to work for it, and when it was done. Read-only.
    """

    kinds: Integers
    sources: Integers
    shards: Integers
    arrivals: Floats
    work: Floats
    finishes: Floats


@dataclass(frozen=True)
class TimelinesResult:
    """What posts and reads cost, and how long they took.

    Attributes
    ----------
    writes : ndarray of int64, shape (posts,)
        Lists that each post was written to: its author's own, and the timelines. Read-only.
    fetches : ndarray of int64, shape (reads,)
        Lists that each read had to fetch, from a shard or from the cache. Read-only.
    hits : ndarray of int64, shape (reads,)
        How many of them were in the cache. Read-only.
    post_responses : ndarray of float64, shape (posts,)
        Until the author is told that it is done. Read-only.
    deliveries : ndarray of float64, shape (posts,)
        Until the last timeline had it. Read-only.
    read_responses : ndarray of float64, shape (reads,)
        Until the last list had come. Read-only.
    memory : int
        Entries in all lists at the end.
    loads : ndarray of float64, shape (shards,)
        Work sent to each shard, over the time from the first post or read to the last; infinite if no time passed. Read-only.
    jobs : Jobs
    """

    writes: Integers
    fetches: Integers
    hits: Integers
    post_responses: Floats
    deliveries: Floats
    read_responses: Floats
    memory: int
    loads: Floats
    jobs: Jobs

    @property
    def work(self) -> int:
        """Lists written and lists fetched, together."""
        return int(self.writes.sum() + self.fetches.sum())

    @property
    def hit_ratio(self) -> float:
        """Share of the fetches that the cache answered; 0 if nothing was fetched."""
        return float(self.hits.sum() / self.fetches.sum()) if self.fetches.any() else 0.0

    @property
    def stability(self) -> str:
        """A sentence that says whether a steady state exists."""
        busiest = float(self.loads.max())
        if busiest < 1:
            return f"Every shard can keep up: the busiest is offered {busiest:.2f} of what it can do."
        return f"No steady state: the busiest shard is offered {busiest:.2f} times what it can do, so waits grow for as long as this goes on."


def _listed(network: Network, users: Integers) -> tuple[Integers, Integers]:
    """Put the lists of some users one after the other: which of ``users`` each entry belongs to, and the entry."""
    lengths = network.counts[users]
    if lengths.sum() > MOST_OPERATIONS:
        raise ValueError(f"posts and reads touch {lengths.sum():,} lists, but at most {MOST_OPERATIONS:,} are simulated: use fewer")
    places = np.arange(lengths.sum()) + np.repeat(network.starts[users] - np.cumsum(lengths) + lengths, lengths)
    return np.repeat(np.arange(users.size), lengths), network.followers[places]


def _grouped(events: Integers, shards: Integers, amounts: Floats, shape: tuple[int, int]) -> tuple[Integers, Integers, Floats]:
    """Sum up the work of each event at each shard."""
    keys = events * shape[1] + shards
    there = np.flatnonzero(np.bincount(keys, minlength=shape[0] * shape[1]))
    work: Floats = np.bincount(keys, weights=amounts, minlength=shape[0] * shape[1])[there].astype(np.float64)
    return there // shape[1], there % shape[1], work


def simulate(
    strategy: str,
    network: Network,
    posts: Any,
    authors: Any,
    reads: Any,
    readers: Any,
    *,
    threshold: int = 1_000,
    shards: int = 1,
    cache: int = 0,
    queued: bool = False,
    write_time: float = 0.05,
    fetch_time: float = 0.1,
    hit_time: float = 0.01,
) -> TimelinesResult:
    """Let users post and read their timelines.

    The lists of user i, own posts and timeline, lie on shard i modulo ``shards``. Each shard does one job after the other, in the order in which
    they come. A read fetches its lists from all shards at once, those in the cache one after the other meanwhile.

    Parameters
    ----------
    strategy : {"on_write", "on_read", "hybrid"}
    network : Network
        Who follows whom.
    posts : array_like of float, shape (posts,)
        When somebody posts, at least 0, never falling. Not written to.
    authors : array_like of int, shape (posts,)
        Who.
    reads, readers : array_like, shape (reads,)
        When somebody reads, and who.
    threshold : int, default 1000
        In the hybrid, authors with more followers are celebrities: their posts are fetched when somebody reads.
    shards : int, default 1
    cache : int, default 0
        How many lists are kept near the readers; the least recently fetched makes room. A write keeps a cached list up to date.
    queued : bool, default False
        Whether an author is told that it is done when the post is in the author's own list, and the rest is delivered from a queue whenever
        a shard has nothing more urgent to do – a read interrupts it. Otherwise a post is done when every follower has it.
    write_time, fetch_time, hit_time : float
        What writing to a list, fetching one from a shard, and fetching one from the cache takes, in the unit of the times.

    Returns
    -------
    TimelinesResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    Two followers of user 0, who posts once; both read:

    >>> network = Network.of([[1, 2], [], []])
    >>> for strategy in STRATEGIES[:2]:
    ...     result = simulate(strategy, network, [0.0], [0], [10.0, 20.0], [1, 2])
    ...     print(strategy, result.writes, result.fetches, result.work)
    on_write [3] [1 1] 5
    on_read [1] [1 1] 3
    """
    checks.choice("strategy", strategy, STRATEGIES)
    if not isinstance(network, Network):
        raise TypeError(f"network is {network!r} ({type(network).__name__}), but must be a Network")
    posted, read = checks.times("posts", posts), checks.times("reads", reads)
    wrote = checks.integers("authors", authors, 0, network.users - 1, kind="user")
    asked = checks.integers("readers", readers, 0, network.users - 1, kind="user")
    for name, users, times, other in (("authors", wrote, posted, "posts"), ("readers", asked, read, "reads")):
        if users.size != times.size:
            raise ValueError(f"{name} holds {users.size:,} users, but there are {times.size:,} {other}, and each must have one")
    limit = checks.integer("threshold", threshold, 0)
    count, held = checks.integer("shards", shards, 1, 10_000), checks.integer("cache", cache, 0)
    if not isinstance(queued, (bool, np.bool_)):
        raise TypeError(f"queued is {queued!r} ({type(queued).__name__}), but must be True or False")
    writing, fetching = checks.number("write_time", write_time, 0), checks.number("fetch_time", fetch_time, 0)
    hitting = checks.number("hit_time", hit_time, 0)
    fetched_later = {"on_write": np.zeros(network.users, dtype=np.bool_), "on_read": np.ones(network.users, dtype=np.bool_)}
    celebrities = fetched_later.get(strategy, network.counts > limit)

    # what is written
    spread = np.flatnonzero(~celebrities[wrote])
    which, followers = _listed(network, wrote[spread])
    writes = 1 + np.bincount(spread[which], minlength=posted.size)
    memory = posted.size + int(np.minimum(np.bincount(followers, minlength=network.users), KEPT).sum())

    # what is fetched: one's own timeline, unless it is never written, and the lists of celebrities
    whose, followed = _listed(network.reversed, asked if celebrities.any() else asked[:0])
    later = celebrities[followed]
    whose, lists = whose[later], network.users + followed[later]
    if strategy != "on_read":
        whose, lists = np.concatenate((np.arange(read.size), whose)), np.concatenate((asked, lists))
    order = np.argsort(whose, kind="stable")
    whose, lists = whose[order], lists[order]
    hit = caching.simulate("lru", lists, held).hits if held and lists.size else np.zeros(lists.size, dtype=np.bool_)
    fetches = np.bincount(whose, minlength=read.size)
    hits = np.bincount(whose[hit], minlength=read.size)

    # who does it
    missed = ~hit
    owners = lists[missed] % network.users
    parts = (
        _grouped(whose[missed], owners % count, np.full(owners.size, fetching), (read.size, count)),
        (np.arange(posted.size), wrote % count, np.full(posted.size, writing)),
        _grouped(spread[which], followers % count, np.full(followers.size, writing), (posted.size, count)),
    )
    sources, places = (np.concatenate([part[column] for part in parts]) for column in range(2))
    work = np.concatenate([part[2] for part in parts]).astype(np.float64)
    kinds = np.repeat(np.arange(3), [part[0].size for part in parts])
    arrivals = np.concatenate((read[parts[0][0]], posted, posted[parts[2][0]]))
    finishes = _served(arrivals, work, places, kinds == 2 if queued else np.zeros(kinds.size, dtype=np.bool_))

    responses = np.asarray(hits * hitting, dtype=np.float64)
    np.maximum.at(responses, sources[kinds == 0], (finishes - arrivals)[kinds == 0])
    done, delivered = ((finishes - arrivals)[kinds == 1], (finishes - arrivals)[kinds == 1].copy())
    np.maximum.at(delivered, sources[kinds == 2], (finishes - arrivals)[kinds == 2])
    span = max(posted[-1], read[-1]) - min(posted[0], read[0])
    sent: Floats = np.bincount(places, weights=work, minlength=count).astype(np.float64)
    loads = np.asarray(sent / span if span > 0 else np.where(sent > 0, np.inf, 0.0), dtype=np.float64)
    jobs = Jobs(read_only(kinds), read_only(sources), read_only(places), read_only(arrivals), read_only(work), read_only(finishes))
    answered = done if queued else delivered.copy()
    return TimelinesResult(
        writes=read_only(writes),
        fetches=read_only(fetches),
        hits=read_only(hits),
        post_responses=read_only(answered),
        deliveries=read_only(delivered),
        read_responses=read_only(responses),
        memory=memory,
        loads=read_only(loads),
        jobs=jobs,
    )


def _served(arrivals: Floats, work: Floats, places: Integers, patient: NDArray[np.bool_]) -> Floats:
    """Let each shard do its jobs, and return when each is finished."""
    finishes = np.empty(arrivals.size)
    order = np.lexsort((arrivals, places))
    for jobs in np.split(order, np.cumsum(np.bincount(places))[:-1]):
        if jobs.size and patient.any():
            queue = queueing.simulate(arrivals[jobs], work[jobs], discipline="preemptive_priority", priorities=patient[jobs].astype(np.int64))
            finishes[jobs] = queue.finishes
        elif jobs.size:
            finishes[jobs] = queueing.simulate(arrivals[jobs], work[jobs]).finishes
    return finishes
