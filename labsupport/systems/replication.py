"""A replica far away: PostgreSQL and a copy of it behind a line with delay; what a read and a write cost there, and for how long it is behind."""

from __future__ import annotations

import contextlib
import datetime as dt
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.distance import rising
from labsupport.systems.line import Line
from labsupport.systems.postgresql import PostgreSQL, Primary, Session, Standby
from labsupport.systems.progress import Progress
from labsupport.systems.server import NotStartedError, ServerError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DELAYS", "compare", "record", "recorded"]

DELAYS = (0.0, 20.0, 80.0)  # milliseconds there and back: next door, the same continent, an ocean
REPEATS = 5  # the median counts, so that one pause of the machine does not
PATIENCE = 5.0  # seconds for the replica to come, and to hear of a write
ROWS = 1_000
NEAR, FAR = "read from the primary, nearby", "read from the replica, far away"
ALONE, BOTH = "write, without waiting for the replica", "write, and wait for the replica"
BEHIND = ", then for so long the replica is behind"
WAITING = {ALONE: "local", BOTH: "remote_apply"}  # what PostgreSQL calls it
COLUMNS = ["source", "what", "delay_ms", "milliseconds"]


def compare(delays: Sequence[float] = DELAYS, *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Read and write on two PostgreSQL servers, the second a replica that is far away.

    Both servers run on this machine; between them, and between the reader and the replica, lies a line that delays what it carries. Theory
    counts ways: a read from far away, or a write that waits for the replica, takes one way there and back more; a replica that is not waited
    for is one way behind. Where PostgreSQL is missing, or nothing is to be measured (see
    `labsupport.systems.comparison.reason_not_to_measure`), the recorded run is shown.

    Parameters
    ----------
    delays : sequence of float, optional
        Milliseconds that the way there and back takes, from 0 to 200, rising.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source`` (measurement, theory), ``what``, ``delay_ms``, ``milliseconds`` and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If a delay is none, or they do not rise.

    References
    ----------
    PostgreSQL documentation, "Synchronous Replication".

    Examples
    --------
    >>> sorted(set(compare(delays=[5]).table["source"]))
    ['measurement', 'theory']
    """
    wanted = rising(delays)
    reason = comparison.reason_not_to_measure()
    if not reason and PostgreSQL.find() is None:
        reason = PostgreSQL.missing()
    if reason:
        return recorded(reason)
    try:
        with contextlib.ExitStack() as stack:
            return _measured(wanted, progress or stack.enter_context(Progress("Reading and writing near and far")))
    except ServerError as error:
        return recorded(str(error))
    except OSError as error:
        return recorded(f"Nothing could be measured: {error}.")


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
    return comparison.recorded("replication", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine; it takes about ten seconds.

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
    ServerError, OSError
        If PostgreSQL cannot run here.

    Examples
    --------
    >>> max(DELAYS)  # milliseconds; too long for an example that runs
    80.0
    """
    return _measured(list(DELAYS), lambda _: None).save("replication", directory)


class _Place(NamedTuple):
    """Two servers, and who is where: one beside the primary, one beside the replica, and one who reads from the replica over the line."""

    lines: tuple[Line, Line]
    near: Session
    there: Session
    far: Session


@contextlib.contextmanager
def _replicated() -> Iterator[_Place]:
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        primary = Primary()
        client = enter(primary)
        client.create_orders(ROWS)
        client.run("CREATE TABLE news (number int)")
        client.run("INSERT INTO news VALUES (0)")
        written = enter(Line(primary.port))
        standby = Standby(primary.port, written.port)
        replica = enter(standby)
        asked = enter(Line(standby.port))
        deadline = time.monotonic() + PATIENCE
        while client.run("SELECT sync_state FROM pg_stat_replication") != "sync":
            if time.monotonic() > deadline:
                raise NotStartedError(f"the replica has not found its primary within {PATIENCE:g} s")
            time.sleep(0.02)
        far = enter(replica.at(asked.port).session())
        yield _Place((written, asked), enter(client.session()), enter(replica.session()), far)


def _measured(delays: list[float], show: Callable[[float], None]) -> Comparison:
    import pandas as pd

    rows: list[tuple[str, str, float, float]] = []
    with _replicated() as place:
        for number, delay in enumerate(delays, 1):
            for line in place.lines:
                line.round_trip = delay / 1_000
            times = {NEAR: _read(place.near), FAR: _read(place.far)}
            for what, wait in WAITING.items():
                place.near.run(f"SET synchronous_commit = {wait}")
                times[what], times[what + BEHIND] = _write(place)
            rows += [("measurement", what, delay, round(taken, 3)) for what, taken in times.items()]
            rows += [("theory", what, delay, round(taken, 3)) for what, taken in _foretold(times, delay).items()]
            show(number / len(delays))
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False)
    program = PostgreSQL.find()
    about = {
        "system": f"{PostgreSQL.version(program) if program else PostgreSQL.name}, and a replica behind a line with delay",
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    return Comparison(table, _reconcile(table), about, summary=_summary(table))


def _foretold(times: dict[str, float], delay: float) -> dict[str, float]:
    """Count the ways, on top of what is measured nearby."""
    return {
        FAR: times[NEAR] + delay,
        BOTH: times[ALONE] + delay,
        ALONE + BEHIND: delay / 2,
        BOTH + BEHIND: 0.0,
    }


def _read(session: Session) -> float:
    """Return how many milliseconds a read takes: the median of some, once all is warm."""
    taken = []
    for customer in range(2 * REPEATS):  # the first half finds everything cold
        begin = time.perf_counter()
        session.run(f"SELECT sum(amount) FROM orders WHERE customer = {customer}")  # noqa: S608 - a number
        taken.append(1_000 * (time.perf_counter() - begin))
    return statistics.median(taken[REPEATS:])


def _write(place: _Place) -> tuple[float, float]:
    """Return how many milliseconds a write takes, and for how many the replica gives the old answer afterwards: the medians of some."""
    taken, behind = [], []
    for _ in range(REPEATS):
        news = int(place.there.run("SELECT number FROM news")) + 1
        begin = time.perf_counter()
        place.near.run(f"UPDATE news SET number = {news}")  # noqa: S608 - a number
        done = old = time.perf_counter()
        while int(place.there.run("SELECT number FROM news")) != news:
            old = time.perf_counter()
            if old > done + PATIENCE:
                raise TimeoutError(f"the replica has not heard of a write within {PATIENCE:g} s")
        taken.append(1_000 * (done - begin))
        behind.append(1_000 * (old - done))
    return statistics.median(taken), statistics.median(behind)


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put measurement and theory side by side, one row for each question and distance."""
    wide = table.pivot_table(index=["what", "delay_ms"], columns="source", values="milliseconds", sort=False)
    words = {"measurement": "measured, ms", "theory": "in theory, ms"}
    return wide.rename(columns=words).rename_axis(columns=None).reset_index().rename(columns={"delay_ms": "way there and back, ms"}).round(1)


def _reconcile(table: pd.DataFrame) -> str:
    """Say what distance costs where one waits for it, what one gets where one does not, and what the count of ways leaves out."""
    measured: Any = table[table["source"] == "measurement"].set_index(["what", "delay_ms"])["milliseconds"]
    theory: Any = table[table["source"] == "theory"].set_index(["what", "delay_ms"])["milliseconds"]
    farthest, nearest = table["delay_ms"].max(), table["delay_ms"].min()
    own = measured[BOTH, nearest] - theory[BOTH, nearest]
    gap = measured[ALONE + BEHIND, farthest] - theory[ALONE + BEHIND, farthest]
    late = measured[BOTH + BEHIND, farthest]
    return (
        f"Over {farthest:g} ms there and back, a read from the replica takes {measured[FAR, farthest]:.1f} ms, where the primary nearby takes "
        f"{measured[NEAR, farthest]:.1f}. A write that waits for the replica takes {measured[BOTH, farthest]:.1f} ms, and then the replica "
        f"{f'is {late:.1f} ms behind' if late > 0.05 else 'is not behind'}; one that does not wait takes {measured[ALONE, farthest]:.1f} ms, and who "
        f"reads from the replica then gets the old answer for {measured[ALONE + BEHIND, farthest]:.1f} ms more. That is R + W > N with two nodes: "
        "wait for both, or read what may be stale.\n\n"
        f"Theory counts ways, and leaves out the work at their ends: where the way is {nearest:g} ms, a write that waits for the replica took "
        f"{own:.1f} ms more than theory says, for sending, writing and repeating it there. Over {farthest:g} ms, the old answer was given for "
        f"{abs(gap):.1f} ms {'longer' if gap > 0 else 'less'} than half of the way there and back: the client must hear of its write before it "
        "asks, and the replica must repeat it before it answers."
    )
