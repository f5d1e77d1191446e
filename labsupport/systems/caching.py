"""The cache of the course beside real ones: the same trace on Redis, on Memcached, in the simulator, and in theory."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labsupport import checks
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.memcached import Memcached
from labsupport.systems.redis import Redis
from labsupport.systems.replay import Replay, check_replay, replay_memcached, replay_redis, replay_together
from labsupport.systems.server import ServerError
from labsupport.systems.stores import POLICIES, SERVERS, Run
from labsupport.theory import che_hit_ratio

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "POLICIES",
    "Memcached",
    "Redis",
    "Replay",
    "compare",
    "default_popularity",
    "default_trace",
    "record",
    "recorded",
    "replay_memcached",
    "replay_redis",
]

SIMULATED = ("lru", "lfu")  # evicting at random is measured as a floor; the simulator has no such policy
COLUMNS = ["source", "program", "policy", "capacity", "hit_ratio", "warm_hit_ratio", "seconds", "requests_per_second", "samples"]
TYPES = {"samples": "Int64"}  # whole numbers, or nothing where nothing is drawn
USUAL_SAMPLES = 5  # Redis' own default
DEFAULT = {"requests": 30_000, "keys": 10_000, "exponent": 0.9, "seed": 1}
DEFAULT_CAPACITY = 2_000
RECORDED_SPEEDS = (0.0, 5.0, 10.0, 20.0, 40.0)


def default_trace() -> NDArray[np.int64]:
    """Return the trace of the recorded run: 30,000 requests for 10,000 keys by Zipf's law with exponent 0.9, seed 1.

    Returns
    -------
    ndarray of int64, shape (30000,)

    Examples
    --------
    >>> default_trace().shape
    (30000,)
    """
    from labsupport.workloads import zipf_trace

    return zipf_trace(int(DEFAULT["requests"]), int(DEFAULT["keys"]), DEFAULT["exponent"], int(DEFAULT["seed"]))


def compare(
    trace: ArrayLike | None = None,
    capacity: int = DEFAULT_CAPACITY,
    policies: Sequence[str] = ("lru", "lfu"),
    *,
    programs: Sequence[str] = ("redis", "memcached"),
    seconds: float | Sequence[float] = 10.0,
    popularity: ArrayLike | None = None,
    value_size: int = 1000,
    progress: Callable[[float], None] | None = None,
) -> Comparison:
    """Replay a trace on Redis and Memcached, simulate it at the very size that each reached, and say why they differ.

    Where one of them is not installed, the comparison says how to get it; of the default trace at the default size, it holds that
    one's recorded measurements beside the other's new ones. Where neither can run, it holds the recorded run; so it does wherever
    nothing is to be measured (see `labsupport.systems.comparison.reason_not_to_measure`).

    Parameters
    ----------
    trace : array_like of int, shape (requests,), optional
        The keys that are asked for, in order; by default :func:`default_trace`.
    capacity : int, optional
        About how many keys fit, at least 100.
    policies : sequence of {"lru", "lfu", "random"}, optional
        The policies, each on a server of its own, all at the same time. Memcached has one of its own kind of LRU only.
    programs : sequence of {"redis", "memcached"}, optional
        The real caches.
    seconds : float or sequence of float, optional
        How long a replay shall take; several values show what the speed does. 0 is as fast as possible.
    popularity : array_like of float, shape (keys,), optional
        The probability of each key, for the theory, which is left out without it: the shares that keys have
        of a short trace are no substitute, since they hide how many keys are asked for rarely.
    value_size : int, optional
        Bytes of each value.
    progress : callable, optional
        Called with the share of a replay that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source``, ``program``, ``policy``, ``capacity`` (keys), ``hit_ratio`` (of
        all requests, from an empty cache), ``warm_hit_ratio`` (of the second half of the requests, which
        theory speaks of), ``seconds`` and ``requests_per_second`` (of the replay), ``samples`` and ``recorded``.

    Raises
    ------
    ValueError, TypeError
        If an argument is not what it must be.

    References
    ----------
    Che, Tung and Wang, "Hierarchical Web caching systems: modeling, design and experimental results", 2002.

    Examples
    --------
    >>> comparison = compare([1, 2, 1, 3, 1, 2] * 50, capacity=100, seconds=0)
    >>> "measurement" in set(comparison.table["source"])  # made now, or recorded where both are absent
    True
    """
    requests = default_trace() if trace is None else checks.keys("trace", trace)
    if trace is None and popularity is None:
        popularity = default_popularity()
    speeds = list(seconds) if isinstance(seconds, Iterable) else [seconds]
    check_replay(capacity, policies, speeds, value_size)
    if popularity is not None:
        che_hit_ratio(popularity, capacity)  # says what is wrong with it before any work
    runs = _runs(policies, programs)
    reason = comparison.reason_not_to_measure()
    if reason:
        return comparison.recorded("caching", reason, TYPES)
    absent = [name for name in dict.fromkeys(run.program for run in runs) if SERVERS[name].find() is None]
    notice = "\n".join(SERVERS[name].missing() for name in absent)
    present = [run for run in runs if run.program not in absent]
    if not present:
        return comparison.recorded("caching", notice, TYPES)
    try:
        replays = []
        for speed in speeds:
            replays += replay_together(requests, capacity, present, seconds=speed, value_size=value_size, progress=progress)
    except ServerError as error:
        return comparison.recorded("caching", str(error), TYPES)
    made = _compared(requests, popularity, replays, value_size)
    return _with_recorded(made, absent, notice, like_recorded=trace is None and capacity == DEFAULT_CAPACITY)


def _runs(policies: Sequence[str], programs: Sequence[str]) -> list[Run]:
    """Return one run for each policy that each program has; raise if there is none."""
    runs = []
    for program in programs:
        checks.choice("program", program, POLICIES)
        runs += [Run(policy, USUAL_SAMPLES if program == "redis" else None, program) for policy in policies if policy in POLICIES[program]]
    if not runs:
        raise ValueError(f"programs is {list(programs)!r}, but must name one that has a policy of {list(policies)!r}")
    return runs


def _with_recorded(made: Comparison, absent: Sequence[str], notice: str, *, like_recorded: bool) -> Comparison:
    """Add the recorded measurements of the programs that are absent, if they are of the same trace and size."""
    import pandas as pd

    if not absent:
        return made
    if not like_recorded:
        return dataclasses.replace(made, notice=notice)
    shipped = recorded()
    names = [SERVERS[name].name for name in absent]
    measured = (shipped.table["source"] == "measurement") & shipped.table["program"].str.split().str[0].isin(names)
    places = pd.MultiIndex.from_frame(shipped.table[["policy", "capacity"]])
    needed = (shipped.table["source"] != "measurement") & places.isin(places[measured])
    table = pd.concat([made.table, shipped.table[measured | needed]], ignore_index=True)
    return dataclasses.replace(made, table=table, notice=f"{notice}\nWhat the table holds of {' and '.join(names)} is recorded. {shipped.notice}")


def recorded() -> Comparison:
    """Return the comparison that is shipped with the course, labelled as recorded.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> recorded().recorded
    True
    """
    return comparison.recorded("caching", types=TYPES)


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
        If Redis or Memcached cannot run here.

    Examples
    --------
    >>> max(RECORDED_SPEEDS)  # seconds; too long for an example that runs
    40.0
    """
    trace, seconds = default_trace(), max(RECORDED_SPEEDS)
    replays = []
    for speed in RECORDED_SPEEDS:
        replays += replay_together(trace, DEFAULT_CAPACITY, _runs(list(POLICIES["redis"]), list(POLICIES)), seconds=speed)
    replays += replay_together(trace, DEFAULT_CAPACITY, [Run("lru", samples=1), Run("lru", samples=10)], seconds=seconds)
    made = _compared(trace, default_popularity(), replays, 1000)
    return dataclasses.replace(made, about={**made.about, "trace": DEFAULT}).save("caching", directory)


def default_popularity() -> NDArray[np.float64]:
    """Return the popularity that `default_trace` is drawn from, for the theory.

    Returns
    -------
    ndarray of float64, shape (10000,)

    Examples
    --------
    >>> float(default_popularity().sum().round(6))
    1.0
    """
    from labsupport.workloads import zipf_popularity

    return zipf_popularity(int(DEFAULT["keys"]), DEFAULT["exponent"])


def _compared(trace: NDArray[np.int64], popularity: ArrayLike | None, replays: Sequence[Replay], value_size: int) -> Comparison:
    """Put simulation and theory beside the replays."""
    import pandas as pd

    from labsupport.simulators.caching import simulate

    half = trace.size // 2
    rows: list[tuple[Any, ...]] = []
    for policy, capacity in dict.fromkeys((replay.policy, replay.resident) for replay in replays if replay.policy in SIMULATED):
        hits = np.asarray(simulate(policy, trace, capacity).hits)
        rows.append(("simulation", f"exact {policy.upper()}", policy, capacity, hits.mean(), hits[half:].mean(), np.nan, np.nan, None))
        if policy == "lru" and popularity is not None:
            expected = float(che_hit_ratio(popularity, capacity))
            rows.append(("theory", "Che's approximation", policy, capacity, expected, expected, np.nan, np.nan, None))
    for replay in replays:
        program = f"{replay.version} {POLICIES[replay.program][replay.policy]}"
        ratios = (replay.hit_ratio, replay.hits[half:].mean())
        rows.append(("measurement", program, replay.policy, replay.resident, *ratios, replay.seconds, replay.requests_per_second, replay.samples))
    table = pd.DataFrame(rows, columns=COLUMNS).astype(TYPES).assign(recorded=False)
    table = table.round({"hit_ratio": 4, "warm_hit_ratio": 4, "seconds": 2, "requests_per_second": 0})
    about = {
        "system": " and ".join(dict.fromkeys(replay.version for replay in replays)),
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "requests": trace.size,
        "value_size": value_size,
        "bytes_per_key": {replay.version.split()[0]: round(replay.bytes_per_key, 1) for replay in replays},
        "requests_until_forgotten": _requests_until_forgotten(trace, replays[0].resident),
    }
    return Comparison(table, _reconcile(_gaps(table), about), about)


def _requests_until_forgotten(trace: NDArray[np.int64], capacity: int) -> int:
    """Return how many requests bring ``capacity`` different keys, on average: so long exact LRU keeps a key that nobody uses."""
    lengths = []
    for start in np.linspace(0, trace.size // 2, 8, dtype=int):
        first_seen = np.sort(np.unique(trace[start:], return_index=True)[1])
        lengths.append(int(first_seen[capacity - 1]) + 1 if first_seen.size >= capacity else trace.size)
    return round(sum(lengths) / len(lengths))


class _Gap(NamedTuple):
    """A measurement, and what the simulator (or theory) says of the same policy and size; None where it says nothing."""

    program: str
    policy: str
    samples: int  # 0 where nothing is drawn
    capacity: int
    seconds: float
    speed: float
    measured: float
    exact: float | None
    exact_warm: float | None
    theory: float | None

    @property
    def points(self) -> float:
        """How many points of hit ratio the measurement lies above the simulation."""
        return 100 * (self.measured - (self.exact or 0.0))


def _gaps(table: pd.DataFrame) -> list[_Gap]:
    """Return the measurements of a table, each with its counterparts, the slowest first."""
    rows: list[dict[str, Any]] = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    models = {(row["source"], row["policy"], row["capacity"]): row for row in rows if row["source"] != "measurement"}
    gaps = []
    for row in rows:
        if row["source"] == "measurement":
            program, policy, capacity = row["program"].split()[0], row["policy"], row["capacity"]
            samples = 0 if program == Memcached.name else int(row["samples"])
            exact = models.get(("simulation", policy, capacity), {})
            theory = models.get(("theory", policy, capacity), {}).get("hit_ratio")
            measured = (row["seconds"], row["requests_per_second"], row["hit_ratio"])
            gaps.append(_Gap(program, policy, samples, capacity, *measured, exact.get("hit_ratio"), exact.get("warm_hit_ratio"), theory))
    return sorted(gaps, key=lambda gap: -gap.seconds)


def _reconcile(gaps: Sequence[_Gap], about: dict[str, Any]) -> str:
    """Say, from the numbers, what the model leaves out, how large the gap is, and why."""
    paragraphs = [
        f"{about['system']} replayed {about['requests']:,} requests: get the key, and after a miss set it, before the next request is looked at. "
        "The simulator counts keys, and is given the number that the real cache kept. Each measurement is one run; another differs in the last digit."
    ]
    redis = [gap for gap in gaps if gap.program != Memcached.name]
    if redis:
        size, cost = about["value_size"], about["bytes_per_key"][redis[0].program]
        paragraphs[0] += (
            f" Redis' memory limit kept {redis[0].capacity:,} keys of {size:,} bytes. A key took {cost:,.0f} bytes in all: "
            f"{1 - size / cost:.0%} of the memory held no value."
        )
    usual = [gap for gap in redis if gap.samples == USUAL_SAMPLES]
    paragraphs += [_reconcile_lru(gap, redis, about) for gap in usual if gap.policy == "lru"][:1]
    paragraphs += [_reconcile_lfu(gap) for gap in usual if gap.policy == "lfu"][:1]
    paragraphs += [_reconcile_memcached(gap, about) for gap in gaps if gap.program == Memcached.name][:1]
    return "\n\n".join(paragraphs)


def _reconcile_lru(gap: _Gap, gaps: Sequence[_Gap], about: dict[str, Any]) -> str:
    forgotten = about["requests_until_forgotten"]
    text = (
        f"LRU: Redis {gap.measured:.1%}, exact LRU {gap.exact:.1%}, a gap of {_points(gap)} at {gap.speed:,.0f} requests a second. "
        "The model leaves out two things. First, Redis keeps no list of all keys by last use: it draws 5 at random, and evicts the one unused "
        "for longest among these and a pool of up to 16 from earlier draws. Second, it notes the last use in whole seconds: exact LRU forgets an "
        f"unused key after about {forgotten:,} requests, here {forgotten / gap.speed:.1f} s, and within one second Redis cannot tell old from new. "
        f"{_speeds(gaps)}"
    )
    if gap.theory is not None:
        text += (
            f" Theory (Che's approximation) says {gap.theory:.1%}, but of a cache that is warm: "
            f"compare it with the second half of the simulation, {gap.exact_warm:.1%}."
        )
    return text


def _points(gap: _Gap) -> str:
    return f"{round(gap.points, 1) + 0.0:+.1f} points".replace("-", "−")  # adding zero takes the sign from −0.0


def _speeds(gaps: Sequence[_Gap]) -> str:
    """Say what the speed of the replay does: from these measurements if they are of several speeds, otherwise from the recorded run."""
    words = "The clock's share of the gap shows when the trace is replayed at other speeds"
    if len({gap.seconds for gap in gaps if gap.policy == "lru"}) < 2:
        gaps = [gap for gap in _gaps(recorded().table) if gap.program != Memcached.name]
        words += " (recorded run)"
    usual = [gap for gap in gaps if gap.policy == "lru" and gap.samples == USUAL_SAMPLES]
    text = f"{words}: {'; '.join(f'{_points(gap)} over {gap.seconds:.1f} s' for gap in reversed(usual))}."
    at_random = [gap for gap in gaps if gap.policy == "random"]
    if at_random:
        text += f" The fastest replay reached {usual[-1].measured:.1%}; evicting at random, as fast, reached {at_random[-1].measured:.1%}."
    others = sorted(gap for gap in gaps if gap.policy == "lru" and gap.samples != USUAL_SAMPLES)
    if others:
        drawn = "; ".join(f"{_points(gap)} with {gap.samples}" for gap in others)
        text += f" The sampling's share shows when another number of keys than 5 is drawn, over {others[0].seconds:.0f} s: {drawn}."
    return text


def _reconcile_lfu(gap: _Gap) -> str:
    return (
        f"LFU: Redis {gap.measured:.1%}, exact LFU {gap.exact:.1%}, a gap of {_points(gap)}. The simulator counts every use of a key "
        "that is in the cache. Redis counts in 8 bits: a new key starts at 5, a use raises the counter only with probability "
        "1 / (10 · (counter − 5) + 1), so it grows like a logarithm, and it loses 1 for each minute without use, of which a replay shorter "
        "than a minute shows nothing. It, too, picks among 5 random keys and the pool."
    )


def _reconcile_memcached(gap: _Gap, about: dict[str, Any]) -> str:
    return (
        f"Memcached: {gap.measured:.1%}, exact LRU {gap.exact:.1%} at the {gap.capacity:,} keys it kept, a gap of {_points(gap)}. It is not the same "
        "policy: Memcached splits the keys of one size into three lists, hot, warm and cold. A new key starts in hot; one that is used again "
        "before it has passed through cold is moved to warm, where those used once cannot push it out. So it can do better than exact LRU "
        "where many keys are asked for once, and a slower replay changes little, since no clock decides. What the model leaves out besides is "
        "memory: it comes in pages of 1 MB, cut into chunks of one size. Here the values were made to fit, "
        f"{about['bytes_per_key'][Memcached.name]:,.0f} bytes a chunk; with the sizes it has as shipped, values of 1,000 bytes lie in chunks "
        "of 1,184, and 16% of the memory holds no value."
    )
