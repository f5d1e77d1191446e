"""A request's path through a distributed database: user, application, cache, database, and back.

Every request travels to the application and keeps it busy for a moment. If the cache has the answer, that is all. If it has not, the
request goes on to the database, which may be far away, waits there for a worker, and is worked on: by reading every row, or by
walking down an index. So everything behind the cache is paid on misses only, and what one improvement earns depends on the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators import caching, queueing

PARTS = ("network", "application", "cache", "database network", "waiting", "database work")
FANOUT = 100  # entries on a page of the index
MOST_ROWS = 10**12
WORKER_HOUR, INDEX_HOUR, KEY_HOUR = 0.10, 0.05, 0.0001  # euros: a worker, keeping the index up to date, a key in the cache


@dataclass(frozen=True)
class Region:
    """A place where a copy of the database can stand.

    Attributes
    ----------
    round_trip : float
        From the application to the database and back, in milliseconds.
    hour : float
        What a copy there costs beyond its workers, in euros an hour.
    """

    round_trip: float
    hour: float


#: Where the database can be asked, by name, the farthest and cheapest first.
REGIONS = MappingProxyType({"far": Region(150.0, 0.0), "near": Region(60.0, 0.40), "here": Region(2.0, 1.60)})


@dataclass(frozen=True)
class Configuration:
    """What tuning can change.

    Attributes
    ----------
    index : bool, default False
        Whether there is an index on the column that is asked for.
    capacity : int, default 0
        How many answers the cache can hold, from 0 (no cache) to 2³¹.
    region : str, default "far"
        Where the database is asked: one of `REGIONS`.
    workers : int, default 8
        How many queries the database can work on at once, from 1 to 100,000.

    Raises
    ------
    TypeError, ValueError
        If a setting is wrong.

    Examples
    --------
    >>> Configuration().hour, Configuration(index=True, capacity=1_000, region="near").hour
    (0.8, 1.35)
    """

    index: bool = False
    capacity: int = 0
    region: str = "far"
    workers: int = 8

    def __post_init__(self) -> None:
        if not isinstance(self.index, (bool, np.bool_)):
            raise TypeError(f"index is {self.index!r} ({type(self.index).__name__}), but must be True or False")
        checks.integer("capacity", self.capacity, 0, caching.LARGEST_CAPACITY)
        checks.choice("region", self.region, REGIONS)
        checks.integer("workers", self.workers, 1, queueing.MOST_SERVERS)

    @property
    def hour(self) -> float:
        """What it costs, in euros an hour."""
        cost = self.workers * WORKER_HOUR + self.index * INDEX_HOUR + self.capacity * KEY_HOUR + REGIONS[self.region].hour
        return round(cost, 6)  # so that 0.1 + 0.2 is 0.3

    def cost_per_million(self, rate: float) -> float:
        """Say what a million requests cost.

        Parameters
        ----------
        rate : float
            Requests per second, above 0.

        Returns
        -------
        float
            In euros.

        Raises
        ------
        TypeError, ValueError
            If the rate is no such number.

        Examples
        --------
        >>> round(Configuration(workers=36).cost_per_million(100), 2)
        10.0
        """
        return 1e6 * self.hour / (3_600 * checks.number("rate", rate, above=0))


@dataclass(frozen=True)
class PathResult:
    """Where the time of every request went.

    Attributes
    ----------
    arrivals : ndarray of float64, shape (requests,)
        When each user clicked. Read-only.
    parts : dict of str to ndarray of float64, shape (requests,)
        Milliseconds of each of `PARTS`: between user and application, there and back; in the application; looking into the cache;
        between application and database, there and back; waiting for a worker; the work itself. Read-only.
    hits : ndarray of bool, shape (requests,)
        Which requests the cache answered. Read-only.
    queue : QueueingResult or None
        The database as its queries saw it; None if no query came.
    """

    arrivals: NDArray[np.float64]
    parts: dict[str, NDArray[np.float64]]
    hits: NDArray[np.bool_]
    queue: queueing.QueueingResult | None

    @property
    def responses(self) -> NDArray[np.float64]:
        """What each user waited, in milliseconds: all parts together."""
        total = np.zeros(self.arrivals.size)
        for times in self.parts.values():
            total += times
        return total

    @property
    def hit_ratio(self) -> float:
        """Share of the requests that the cache answered."""
        return float(np.mean(self.hits))

    @property
    def load(self) -> float:
        """Work that reached the database over what its workers could do meanwhile."""
        return 0.0 if self.queue is None else self.queue.load

    @property
    def steady(self) -> bool:
        """Whether the database can keep up with what reaches it."""
        return self.queue is None or self.queue.steady


def index_pages(rows: int) -> int:
    """Return how many pages it takes to find a row by an index: one on each level of the tree, and that of the row.

    Parameters
    ----------
    rows : int
        How many rows there are, from 1 to a million millions.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        If there is no such number of rows.

    References
    ----------
    Bayer, McCreight, "Organization and Maintenance of Large Ordered Indices", Acta Informatica 1, 1972.

    Examples
    --------
    >>> [index_pages(rows) for rows in (1, 100, 101, 1_000_000)]
    [2, 2, 3, 4]
    """
    rows = checks.integer("rows", rows, 1, MOST_ROWS)
    levels, reach = 1, FANOUT
    while reach < rows:
        levels, reach = levels + 1, reach * FANOUT
    return levels + 1


def database_work(rows: int, *, index: bool, row_time: float = 0.0002, page_time: float = 1.0) -> float:
    """Return how long the database works for a query on average.

    Parameters
    ----------
    rows : int
        How many rows the table has, from 1 to a million millions.
    index : bool
        Whether there is an index; if not, every row is looked at.
    row_time, page_time : float, optional
        Milliseconds to look at a row when all are read one after the other, and to fetch a single page from anywhere, at least 0.

    Returns
    -------
    float
        In milliseconds.

    Raises
    ------
    TypeError, ValueError
        If an argument is no such number.

    Examples
    --------
    >>> database_work(1_000_000, index=False), database_work(1_000_000, index=True), database_work(1_000, index=False)
    (200.0, 4.0, 0.2)
    """
    pages = index_pages(rows)
    scan, walk = rows * checks.number("row_time", row_time, minimum=0), pages * checks.number("page_time", page_time, minimum=0)
    return walk if index else scan


def simulate(
    arrivals: Any,
    trace: Any,
    works: Any,
    configuration: Configuration | None = None,
    *,
    rows: int = 1_000_000,
    network: float = 80.0,
    application: float = 30.0,
    cache_time: float = 1.0,
    row_time: float = 0.0002,
    page_time: float = 1.0,
) -> PathResult:
    """Send requests down the path, and note where their time goes.

    Parameters
    ----------
    arrivals : array_like of float, shape (requests,)
        When each user clicks, in milliseconds, at least 0, never falling. Not written to.
    trace : array_like of int, shape (requests,)
        What each asks for: keys from 0 to 2³¹ − 1. Not written to.
    works : array_like of float, shape (requests,)
        How much work each query is if it reaches the database, 1 being the average, at least 0. Not written to.
    configuration : Configuration, optional
        What tuning has done; nothing, if left out.
    rows : int, optional
        How many rows the table has, from 1 to a million millions.
    network : float, optional
        From the user to the application and back, in milliseconds, at least 0.
    application, cache_time : float, optional
        What the application and a look into the cache take, in milliseconds, at least 0. Where there is no cache, nobody looks.
    row_time, page_time : float, optional
        See `database_work`.

    Returns
    -------
    PathResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Notes
    -----
    The cache evicts by LRU and stores the answer to a miss at once, the database serves first come, first served: see
    `labsupport.simulators.caching` and `labsupport.simulators.queueing`.

    Examples
    --------
    Two users ask for the same, a second apart. Nothing is tuned, then everything:

    >>> simulate([0, 1_000], [7, 7], [1, 1]).responses
    array([460., 460.])
    >>> simulate([0, 1_000], [7, 7], [1, 1], Configuration(index=True, capacity=10, region="near")).responses
    array([175., 111.])
    """
    clicks = checks.times("arrivals", arrivals) + 0.0
    work = checks.amounts("works", works, kind="work", length=clicks.size)
    keys = checks.keys("trace", trace)
    if keys.size != clicks.size:
        raise ValueError(f"trace holds {keys.size:,} keys, but must hold one for each of the {clicks.size:,} requests")
    setting = Configuration() if configuration is None else configuration
    if not isinstance(setting, Configuration):
        raise TypeError(f"configuration is {configuration!r}, but must be a Configuration")
    times = {"network": network, "application": application, "cache_time": cache_time}
    network, application, look = (checks.number(name, time, minimum=0) for name, time in times.items())
    query = database_work(rows, index=setting.index, row_time=row_time, page_time=page_time)

    size, distance = clicks.size, REGIONS[setting.region].round_trip
    hits = caching.simulate("lru", keys, setting.capacity).hits if setting.capacity else np.zeros(size, dtype=np.bool_)
    look = look if setting.capacity else 0.0
    misses = np.flatnonzero(~hits)
    same = (np.broadcast_to(np.float64(time), size) for time in (network, application, look))  # one number, however many requests
    parts = dict(zip(PARTS, (*same, *np.zeros((3, size))), strict=True))
    queue = None
    if misses.size:
        before = network / 2 + application + look + distance / 2
        queue = queueing.simulate(clicks[misses] + before, query * work[misses], setting.workers)
        parts["database network"][misses] = distance
        parts["waiting"][misses] = queue.waits
        parts["database work"][misses] = queue.services
    for array in (clicks, hits, *parts.values()):
        array.flags.writeable = False
    return PathResult(clicks, parts, hits, queue)
