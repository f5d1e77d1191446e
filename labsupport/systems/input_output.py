"""The same questions to a server that answers late: one by one, with threads, with asyncio, and all in one message – on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import multiprocessing
import platform
import select
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from labsupport import checks
from labsupport.simulators import scheduling
from labsupport.systems import comparison
from labsupport.systems.children import end_with_the_parent
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare", "record", "recorded"]

QUESTIONS = 48
MOST_QUESTIONS = 2_000
DELAY = 20.0  # milliseconds until the server answers
LONGEST = 1_000.0
CONNECTIONS = (4, 16)
MOST_CONNECTIONS = 64
REPEATS = 3  # the median counts
ONE_BY_ONE, THREADS, ASYNCIO, BATCH = "one by one", "threads", "asyncio", "all in one message"
COLUMNS = ["source", "way", "connections", "milliseconds", "most_open", "busy"]
PATIENCE = 20.0  # seconds, for the server to answer

Told = tuple[float, int, float]  # milliseconds, most connections that were open at once, share of the time in which a processor worked for us


def compare(
    questions: int = QUESTIONS,
    delay: float = DELAY,
    connections: Sequence[int] = CONNECTIONS,
    *,
    progress: Callable[[float], None] | None = None,
) -> Comparison:
    """Ask a server that answers late many questions, in four ways, and see how long it takes and how busy this process is meanwhile.

    The server is ours, a process on this machine, and counts the connections that are open. Theory says that with k connections
    n questions take ⌈n / k⌉ delays; the simulation lets k workers take one question after the other. Where nothing is to be measured
    (see `labsupport.systems.comparison.reason_not_to_measure`), the recorded run is shown.

    Parameters
    ----------
    questions : int, optional
        How many, from 1 to 2,000.
    delay : float, optional
        Milliseconds until each is answered, above 0 and at most 1,000.
    connections : sequence of int, optional
        How many may be open at once, for threads and for asyncio, each from 1 to 64, rising.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source`` (measurement, simulation, theory), ``way``, ``connections``, ``milliseconds`` for all questions
        together, ``most_open`` as the server counted, ``busy`` (processor time of this process over the time that passed) and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> sorted(set(compare(2, 1.0, [1]).table["way"]))
    ['all in one message', 'asyncio', 'one by one', 'threads']
    """
    questions = checks.integer("questions", questions, 1, MOST_QUESTIONS)
    delay = checks.number("delay", delay, above=0, maximum=LONGEST)
    limits = checks.integers("connections", connections, 1, MOST_CONNECTIONS, kind="number of connections").tolist()
    if limits != sorted(set(limits)):
        raise ValueError(f"connections is {limits}, but must be rising")
    reason = comparison.reason_not_to_measure()
    if reason:
        return recorded(reason)
    try:
        with Progress("Asking a slow server") as line:
            return _measured(questions, delay, limits, progress or line)
    except (OSError, EOFError) as error:
        return recorded(f"The server could not be started here, or did not answer: {error}")


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
    return comparison.recorded("input_output", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine; it takes some seconds.

    Parameters
    ----------
    directory : pathlib.Path, optional
        Where to write; by default the folder that :func:`recorded` reads.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Examples
    --------
    >>> QUESTIONS * DELAY / 1_000  # seconds, one by one; too long for an example that runs
    0.96
    """
    return _measured(QUESTIONS, DELAY, list(CONNECTIONS), lambda _: None).save("input_output", directory)


def _measured(questions: int, delay: float, limits: list[int], show: Callable[[float], None]) -> Comparison:
    import pandas as pd

    plan = [(ONE_BY_ONE, 1), *((way, limit) for way in (THREADS, ASYNCIO) for limit in limits), (BATCH, 1)]
    rows: list[tuple[Any, ...]] = []
    with _server(delay / 1_000) as server:
        for done, (way, limit) in enumerate(plan, 1):
            runs = sorted(_timed(server, way, limit, questions) for _ in range(REPEATS))
            milliseconds, most, busy = runs[REPEATS // 2]
            rows.append(("measurement", way, limit, round(milliseconds, 2), most, round(busy, 3)))
            show(done / len(plan))
    for way, limit in plan:
        asked = 1 if way == BATCH else questions
        simulated = scheduling.simulate("self_scheduling", [delay] * asked, limit).makespan
        rows += [("simulation", way, limit, simulated, min(limit, asked), 0.0), ("theory", way, limit, -(-asked // limit) * delay, limit, 0.0)]
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False)
    about = {
        "system": f"sockets, threads and asyncio of Python {platform.python_version()}",
        **describe_machine(),
        "questions": questions,
        "delay_ms": delay,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    return Comparison(table, _reconcile(table, questions, delay), about, summary=_summary(table))


def _timed(server: _Remote, way: str, limit: int, questions: int) -> Told:
    server.forget()
    begin, worked = time.perf_counter(), time.process_time()
    if way == ONE_BY_ONE:
        answers = _ask_in_turn(server.port, range(questions))
    elif way == THREADS:
        with ThreadPoolExecutor(limit) as pool:
            answers = [
                answer for part in pool.map(lambda first: _ask_in_turn(server.port, range(first, questions, limit)), range(limit)) for answer in part
            ]
    elif way == ASYNCIO:
        answers = _run(lambda: _ask_together(server.port, questions, limit))
    else:
        with _connected(server.port) as (asking, answering):
            asking.sendall(b",".join(b"%d" % number for number in range(questions)) + b"\n")
            answers = [int(answer) for answer in answering.readline().split(b",")]
    passed, worked = time.perf_counter() - begin, time.process_time() - worked
    if sorted(answers) != [number + 1 for number in range(questions)]:
        raise ConnectionError("not every question was answered")
    return 1_000 * passed, server.most_open(), min(1.0, worked / passed)


@contextmanager
def _connected(port: int) -> Iterator[tuple[socket.socket, IO[bytes]]]:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as asking, asking.makefile("rb") as answering:
        asking.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield asking, answering


def _ask_in_turn(port: int, numbers: range) -> list[int]:
    answers = []
    if numbers:
        with _connected(port) as (asking, answering):
            for number in numbers:
                asking.sendall(b"%d\n" % number)
                answers.append(int(answering.readline()))
    return answers


async def _ask_together(port: int, questions: int, limit: int) -> list[int]:
    """Have as many connections as allowed, each of which takes the next question when it has an answer."""
    numbers, answers = iter(range(questions)), list[int]()

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for number in numbers:
                writer.write(b"%d\n" % number)
                answers.append(int(await reader.readline()))
        finally:
            writer.close()
            await writer.wait_closed()

    await asyncio.gather(*(one_connection() for _ in range(min(limit, questions))))
    return answers


def _run(make: Callable[[], Any]) -> list[int]:
    """Run a coroutine in a thread of its own: a notebook's own thread runs an event loop already."""
    with ThreadPoolExecutor(1) as pool:
        answers: list[int] = pool.submit(lambda: asyncio.run(make())).result()
        return answers


class _Remote:
    """The server, as this process sees it."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.port = self._told()

    def _told(self) -> int:
        if not self._pipe.poll(PATIENCE):
            raise ConnectionError("it said nothing")
        return cast("int", self._pipe.recv())

    def forget(self) -> None:
        self._pipe.send("forget")
        self._told()

    def most_open(self) -> int:
        self._pipe.send("most")
        return self._told()


@contextmanager
def _server(delay: float) -> Iterator[_Remote]:
    """Start the server in a process of its own, and end it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, delay), daemon=True)
    process.start()
    theirs.close()
    try:
        yield _Remote(ours)
    finally:
        ours.close()
        process.join(3)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()


# From here on: the child's side.


class _Connected(socketserver.StreamRequestHandler):
    """One client, whose questions are answered one after the other, each when the delay is over."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        server = cast("_Server", self.server)
        with server.lock:
            server.open += 1
            server.most = max(server.most, server.open)
        for line in self.rfile:
            time.sleep(server.delay)
            self.wfile.write(b",".join(b"%d" % (int(number) + 1) for number in line.split(b",")) + b"\n")
        with server.lock:
            server.open -= 1


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, delay: float) -> None:
        super().__init__(("127.0.0.1", 0), _Connected)
        self.delay, self.lock, self.open, self.most = delay, threading.Lock(), 0, 0


def _serve(pipe: Connection, delay: float) -> None:
    """Answer questions until the pipe is closed."""
    end_with_the_parent()
    with _Server(delay) as server, contextlib.suppress(EOFError, ConnectionError):
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        pipe.send(server.server_address[1])
        while True:
            if pipe.recv() == "forget":
                while server.open:  # the clients of the run before have left, but not all of them may have been seen to
                    select.select([], [], [], 0.002)
                server.most = 0
            pipe.send(server.most)
    # the server's threads are daemons: nothing keeps this process


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put the sources beside each other, one line for each way."""
    measured, simulated, expected = (table[table["source"] == source].reset_index(drop=True) for source in ("measurement", "simulation", "theory"))
    shown = measured[["way", "connections", "most_open", "milliseconds"]].rename(
        columns={"milliseconds": "measured, ms", "most_open": "open at once"}
    )
    return shown.assign(
        **{"simulation, ms": simulated["milliseconds"], "theory, ms": expected["milliseconds"], "our processor busy, %": 100 * measured["busy"]}
    ).round(1)


def _reconcile(table: pd.DataFrame, questions: int, delay: float) -> str:
    """Say, from the numbers, what waiting together saves, how far theory is off, and who is idle."""
    measured = table[table["source"] == "measurement"].set_index(["way", "connections"])
    took, busy = measured["milliseconds"].to_dict(), measured["busy"].to_dict()
    most = int(table.loc[table["way"] == ASYNCIO, "connections"].max())
    least, alone, loop = -(-questions // most) * delay, took[ONE_BY_ONE, 1], took[ASYNCIO, most]
    return (
        f"{questions} questions, each answered after {delay:g} ms: one by one they took {alone:,.0f} ms, and by asyncio with {most} connections "
        f"{loop:,.0f} ms, {alone / loop:.1f} times less. Threads took {took[THREADS, most]:,.0f} ms: for waiting, it hardly matters who waits. "
        f"In one message all were answered in {took[BATCH, 1]:,.0f} ms – because this server can do that; and nobody had any answer before all "
        "were there."
        f"\n\nTheory and simulation say {least:,.0f} ms for {most} connections; that the measurement is {abs(loop - least):,.0f} ms "
        f"{'above' if loop >= least else 'below'} is what they leave out: to open the connections, to wake up, and to turn numbers into bytes. They "
        "know no server that gets slower when more ask at once, either; a real one does, and that is why the number of connections is bounded."
        f"\n\nNever idle? With asyncio and {most} connections this process used a processor for {busy[ASYNCIO, most]:.0%} of the time, one by "
        f"one for {busy[ONE_BY_ONE, 1]:.0%}. Asynchronous or not, it waits for somebody else most of the time: more is under way, but there is "
        "nothing more to do here."
    )
