"""What reads and moves data, against libraries and against programs that do it.

Run as ``python -m benchmarks.data``. A thing is a row, an item, a task, an event, a query, a segment, or a post and a read; of a Fibonacci number,
its place. Both do the same work, and the results are compared before they are timed; some peers do less of it, and all times are for one thing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import cache, partial
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import FEW, SOME, Contest, hold
from labsupport.simulators import archives, event_log, event_log_replay, geospatial, laziness, spilling, storage, streaming, timelines, windowing
from labsupport.simulators.event_log import EventLog
from labsupport.simulators.sphere import EARTH
from labsupport.workloads import Network, exponential_services, markov_bandwidth, poisson_arrivals, zipf_trace

SEED = 1
GROUP, DAYS, ASKED = 5_000, 100, (40, 46)  # rows of a group, days in the table, and those that are asked for
MEMORY, WAYS, CHUNK, NUMBER, CORES = 10_000, 16, 100, 25, 16
DRIVERS, NEAREST, SIDE = 100_000, 5, 0.1  # km: some drivers in each cell of the grid
FILM: dict[str, float] = {"capacity": 30.0, "round_trip": 0.1}
USERS, FOLLOWERS, SHARDS = 100, 10, 8
WINDOW, WAIT = 60, 5.0
Floats = NDArray[np.float64]


def main() -> None:
    """Print one line for each contest."""
    hold(
        (
            Contest("storage, Parquet", "PyArrow", scanned, scanned_by_pyarrow, few=SOME, many=SOME),
            Contest("spilling", "Python", spilled, spilled_in_python, few=SOME),
            Contest("laziness, chunks of a hundred", "generators", pulled, pulled_by_generators, few=SOME),
            Contest("laziness, 25th Fibonacci number", "lru_cache", called, called_with_lru_cache, few=NUMBER, many=NUMBER),
            Contest("event log, read", "DuckDB", log_read, log_read_by_duckdb, few=SOME, many=SOME),
            Contest("event log, replayed", "SimPy", replayed, replayed_in_simpy, many=SOME),
            Contest("windows of a stream", "Python", counted, counted_in_python, few=SOME),
            Contest("archives", "pandas", consolidated, consolidated_by_pandas, few=SOME),
            Contest("the nearest, grid", "SciPy", partial(found, "grid"), found_by_scipy, few=SOME, many=SOME, tolerance=1e-7),
            Contest("the nearest, quadtree", "SciPy", partial(found, "quadtree"), found_by_scipy, few=SOME, many=SOME, tolerance=1e-7),
            Contest("streaming", "SimPy", streamed, streamed_in_simpy, many=FEW),
            Contest("timelines", "SimPy", followed, followed_in_simpy, few=1_000, many=SOME),
        )
    )


@cache
def _table(rows: int) -> dict[str, NDArray[np.int64]]:
    generator = np.random.default_rng(SEED)
    days = np.sort(generator.integers(0, DAYS, rows))
    return {"day": days, "user": generator.integers(0, 5_000, rows), "amount": generator.integers(100, 20_000, rows)}


def scanned(rows: int) -> Any:
    """Tell how many groups of a table, and rows in them, are read for a week."""
    columns = {name: storage.Column(values, 8, 6) for name, values in _table(rows).items()}
    result = storage.scan(storage.store("parquet", columns, group_rows=GROUP), ["amount"], {"day": ASKED})
    return result.units, result.rows


def scanned_by_pyarrow(rows: int) -> Any:
    """Write the table, and look at what the file says of its groups."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table(_table(rows)), file, row_group_size=GROUP, compression="none")
    told = pq.ParquetFile(file).metadata
    groups = [told.row_group(number) for number in range(told.num_row_groups)]
    days = [group.column(0).statistics for group in groups]
    read = [group.num_rows for group, day in zip(groups, days, strict=True) if day.min <= ASKED[1] and day.max >= ASKED[0]]
    return len(read), sum(read)


@cache
def _keys(rows: int) -> NDArray[np.int64]:
    return zipf_trace(rows, 1_000_000, 0.8, SEED)


def spilled(rows: int) -> Any:
    """Count what a sort on disk reads and writes."""
    result = spilling.spill(_keys(rows), MEMORY, WAYS)
    return result.read, result.written


def spilled_in_python(rows: int) -> Any:
    """Sort and merge, with lists for files."""
    from tests.simulators.test_spilling import sorted_on_disk

    return sorted_on_disk(_keys(rows).tolist(), MEMORY, WAYS, False)[1:3]


@cache
def _passes(items: int) -> NDArray[np.bool_]:
    return np.random.default_rng(SEED).random((items, 3)) < 0.5


def pulled(items: int) -> Any:
    """Count what each step of a pipeline looks at."""
    return laziness.pull(_passes(items), items, chunk=CHUNK).looked


def pulled_by_generators(items: int) -> Any:
    """Build the pipeline out of generators."""
    from tests.simulators.test_laziness import by_generators

    return by_generators(_passes(items).tolist(), items, CHUNK)[0]


def called(number: int) -> Any:
    """Tell the arguments of all calls that a Fibonacci number takes, with room for two answers."""
    return laziness.call_tree(number, 2).arguments


def called_with_lru_cache(number: int) -> Any:
    """Let Python call."""
    from tests.simulators.test_laziness import with_lru_cache

    return with_lru_cache(number, 2)[0]


@cache
def _lines(tasks: int) -> list[str]:
    from tests.simulators.test_event_log import completed, ended

    lengths = (exponential_services(tasks, 2_000.0, SEED).round() / 1_000).tolist()
    events = [ended(number % 5, number // 5, seconds) for number, seconds in enumerate(lengths)]
    return [json.dumps(event) for event in (*events, *(completed(stage, [stage - 1] if stage else []) for stage in range(5)))]


@cache
def _log(tasks: int) -> EventLog:
    return event_log.read(_lines(tasks))


@cache
def _file(tasks: int) -> Any:
    file = NamedTemporaryFile("w", suffix=".json", encoding="utf-8")  # noqa: SIM115 - it is removed when the program ends
    file.write("\n".join(_lines(tasks)))
    file.flush()
    return file


def log_read(tasks: int) -> Any:
    """Read how long tasks took."""
    return np.sort(event_log.read(_lines(tasks)).tasks.durations)


def log_read_by_duckdb(tasks: int) -> Any:
    """Let DuckDB read the file."""
    import duckdb

    query = f"""SELECT ("Task Info"."Finish Time" - "Task Info"."Launch Time") / 1000 AS seconds
        FROM read_json('{_file(tasks).name}') WHERE "Event" = 'SparkListenerTaskEnd' ORDER BY seconds"""  # noqa: S608 - our own file
    return duckdb.sql(query).fetchnumpy()["seconds"]


def replayed(tasks: int) -> Any:
    """Run tasks again, on other cores."""
    return event_log_replay.replay(_log(tasks), CORES).finished


def replayed_in_simpy(tasks: int) -> Any:
    """Let a process for each task ask for a core."""
    from tests.simulators.test_event_log import in_simpy

    return in_simpy(_log(tasks), CORES)


@cache
def _events(count: int) -> windowing.Events:
    return windowing.record(count / 100, 100.0, seed=SEED)


def counted(count: int) -> Any:
    """Count events by the window in which they happened: in time for the first count of it, and in all."""
    events, windows = _events(count), count // 100 // WINDOW
    result = windowing.count("stream", events.happened, events.arrived, WINDOW, windows, wait=WAIT)
    return result.happened, result.first


def counted_in_python(count: int) -> Any:
    """Let a watermark rise from event to event."""
    windows = count // 100 // WINDOW
    happened, first, watermark = [0] * windows, [0] * windows, -np.inf
    for moment in _events(count).happened.tolist():
        watermark = max(watermark, moment - WAIT)
        window = int(moment // WINDOW)
        if window < windows:
            happened[window] += 1
            first[window] += watermark < (window + 1) * WINDOW
    return happened, first


@cache
def _measurements(count: int) -> Floats:
    return np.random.default_rng(SEED).random(count)


def consolidated(count: int) -> Any:
    """Make one row of each twelve measurements."""
    return archives.consolidate(_measurements(count), 12)


def consolidated_by_pandas(count: int) -> Any:
    """Let pandas group them."""
    import pandas as pd

    values = _measurements(count)
    whole = count // 12 * 12
    return pd.Series(values[:whole]).groupby(np.arange(whole) // 12).mean()


@cache
def _city(people: int) -> tuple[Floats, ...]:
    generator = np.random.default_rng(SEED)
    return tuple(generator.normal(middle, 0.05, count) for count in (DRIVERS, people) for middle in (48.1, 11.5))


def found(index: str, people: int) -> Any:
    """Find the five nearest of many drivers for each."""
    return geospatial.simulate(index, *_city(people), neighbours=NEAREST, size=SIDE).distances


def found_by_scipy(people: int) -> Any:
    """Put all of them into a k-d tree, as places on a ball; the way through it is the chord."""
    from scipy.spatial import KDTree

    drivers, asking = ((np.radians(up), np.radians(over)) for up, over in (_city(people)[:2], _city(people)[2:]))
    balls = [np.column_stack((np.cos(up) * np.cos(over), np.cos(up) * np.sin(over), np.sin(up))) for up, over in (drivers, asking)]
    return 2 * EARTH * np.arcsin(KDTree(balls[0]).query(balls[1], NEAREST)[0] / 2)


@cache
def _bandwidth(segments: int) -> Floats:
    return markov_bandwidth(4 * segments, [500.0, 1_500.0, 3_000.0, 6_000.0], 10.0, SEED)


def _controller() -> Callable[[float, float, list[float]], int]:
    return lambda buffer, throughput, ladder: min(int(buffer / 5), len(ladder) - 1)  # noqa: ARG005 - it looks at the buffer only


def streamed(segments: int) -> Any:
    """Watch a film, with a rung for every five seconds in the buffer."""
    return streaming.play(_controller(), _bandwidth(segments), segments, **FILM).plays


def streamed_in_simpy(segments: int) -> Any:
    """Let a process load segments, second by second, and keep the end of what is loaded."""
    import simpy

    environment, decide, plays, ends = simpy.Environment(), _controller(), list[float](), [0.0]
    rates, ladder, length = _bandwidth(segments).tolist(), list(streaming.LADDER), streaming.DURATION

    def load() -> Any:
        throughput = 0.0
        for _ in range(segments):
            yield environment.timeout(max(ends[0] + length - FILM["capacity"] - environment.now, 0.0))
            asked = environment.now
            size = left = ladder[decide(max(ends[0] - asked, 0.0), throughput, ladder)] * length
            yield environment.timeout(FILM["round_trip"])
            while left > 0:
                second = int(environment.now + 1e-9)  # a sum of such steps falls short of whole seconds by rounding
                rate = rates[second % len(rates)]
                step = min(second + 1 - environment.now, left / rate)
                left = left - rate * step if step < left / rate else 0.0
                yield environment.timeout(step)
            throughput = size / (environment.now - asked)
            plays.append(max(ends[0], environment.now))
            ends[0] = plays[-1] + length

    environment.process(load())
    environment.run()
    return plays


@cache
def _followers() -> list[list[int]]:
    generator = np.random.default_rng(SEED)
    return [generator.choice(np.delete(np.arange(USERS), user), FOLLOWERS, replace=False).tolist() for user in range(USERS)]


@cache
def _posts(count: int) -> tuple[Any, ...]:
    people = np.random.default_rng(SEED).integers(0, USERS, (2, count))
    return poisson_arrivals(count, 5.0, SEED), people[0], poisson_arrivals(count, 20.0, SEED + 1), people[1]


def followed(count: int) -> Any:
    """Let users post to all who follow them, and read."""
    result = timelines.simulate("on_write", Network.of(_followers()), *_posts(count), shards=SHARDS)
    return np.concatenate((result.post_responses, result.deliveries, result.read_responses))


def followed_in_simpy(count: int) -> Any:
    """Let each list that is written or fetched be a request of its own."""
    from tests.simulators.simpy_timelines import Service

    times = {"write_time": 0.05, "fetch_time": 0.1, "hit_time": 0.01}
    service = Service(_followers(), [False] * USERS, own=True, shards=SHARDS, cache=0, queued=False, **times)
    return np.concatenate(service.run(*(column.tolist() for column in _posts(count))))


if __name__ == "__main__":
    main()
