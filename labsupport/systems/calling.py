"""One small function called three ways: in the same process, by a remote procedure call, and through a message queue."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import queue
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xmlrpc.client import ServerProxy
from xmlrpc.server import SimpleXMLRPCServer

from labsupport import checks
from labsupport.systems import comparison
from labsupport.systems.children import end_with_the_parent
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare", "record", "recorded"]

WAYS = ("in the process", "remote procedure call", "message queue")
CALLS = 300
COLUMNS = ["source", "way", "microseconds"]
PATIENCE = 20.0  # seconds, for the other process to answer

Function = Callable[[int], int]


def add_one(number: int) -> int:
    """Do next to nothing, so that the call is all that takes time.

    Parameters
    ----------
    number : int

    Returns
    -------
    int

    Examples
    --------
    >>> add_one(1)
    2
    """
    return number + 1


def compare(calls: int = CALLS, *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Call a function that does next to nothing, here and in another process of this machine, and take the time of each call.

    The remote procedure call is XML-RPC over HTTP on the loopback interface, the queue is Python's own between processes. Where nothing
    is to be measured (see `labsupport.systems.comparison.reason_not_to_measure`), the recorded run is shown.

    Parameters
    ----------
    calls : int, optional
        How often each is called, one after the other; the median counts.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source``, ``way``, ``microseconds`` (of one call and its answer) and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Python documentation, xmlrpc and multiprocessing.

    Examples
    --------
    >>> list(compare(10).table["way"])
    ['in the process', 'remote procedure call', 'message queue']
    """
    calls = checks.integer("calls", calls, 1, 1_000_000)
    reason = comparison.reason_not_to_measure()
    if reason:
        return comparison.recorded("calling", reason)
    try:
        with Progress("Calling a function in three ways") as line:
            return _measured(calls, progress or line)
    except (OSError, EOFError, queue.Empty) as error:
        return comparison.recorded("calling", f"The other process could not be started here, or does not answer: {error}")


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
    return comparison.recorded("calling")


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
    >>> CALLS  # of each way; ten times as many are too many for an example that runs
    300
    """
    return _measured(10 * CALLS, lambda _: None).save("calling", directory)


def _measured(calls: int, progress: Callable[[float], None]) -> Comparison:
    import pandas as pd

    rows = [("measurement", WAYS[0], _median(add_one, calls))]
    for done, (way, opened) in enumerate(((WAYS[1], _by_rpc), (WAYS[2], _by_queue)), 1):
        with opened() as function:
            rows.append(("measurement", way, _median(function, calls)))
        progress(done / 2)
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False).round({"microseconds": 3})
    about = {"system": "XML-RPC and a queue of Python", **describe_machine(), "date": dt.datetime.now(dt.UTC).date().isoformat()}
    return Comparison(table, _reconcile(table), about)


def _median(function: Function, calls: int) -> float:
    """Return how long a call takes, in microseconds."""
    taken = []
    for number in range(calls):
        begin = time.perf_counter()
        answer = function(number)
        taken.append(time.perf_counter() - begin)
        if answer != number + 1:
            raise OSError(f"{number} was asked, and {answer!r} came")
    return 1e6 * statistics.median(taken)


@contextmanager
def _by_rpc() -> Iterator[Function]:
    """Let another process serve calls, on a free port, for the length of the block."""
    context = multiprocessing.get_context("spawn")  # a fork would copy the locks of a kernel's threads as they happen to be
    here, there = context.Pipe()
    with _process(context, _serve_calls, there):
        there.close()
        if not here.poll(PATIENCE):
            raise OSError(f"no answer within {PATIENCE:g} s")
        with ServerProxy(f"http://127.0.0.1:{here.recv()}") as proxy:
            yield lambda number: int(proxy.add_one(number))  # type: ignore[arg-type] # XML may hold anything; `_median` looks at it


@contextmanager
def _by_queue() -> Iterator[Function]:
    """Let another process take messages from one queue and put answers into another, for the length of the block."""
    context = multiprocessing.get_context("spawn")
    questions: Any = context.Queue()
    answers: Any = context.Queue()
    with _process(context, _serve_messages, questions, answers):

        def ask(number: int) -> int:
            questions.put(number)
            return int(answers.get(timeout=PATIENCE))

        ask(0)  # until the other is there
        yield ask


@contextmanager
def _process(context: Any, function: Callable[..., None], *arguments: Any) -> Iterator[None]:
    process = context.Process(target=function, args=arguments, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def _serve_calls(pipe: Connection) -> None:
    end_with_the_parent()
    with SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as server:
        server.register_function(add_one)  # type: ignore[arg-type] # a parameter with a type is refused, though any will do
        pipe.send(server.server_address[1])
        server.serve_forever()


def _serve_messages(questions: Any, answers: Any) -> None:
    end_with_the_parent()
    while True:
        answers.put(add_one(questions.get()))


def _reconcile(table: pd.DataFrame) -> str:
    """Say, from the numbers, what a call costs that leaves the process, and what is left out."""
    here, rpc, queued = table["microseconds"].tolist()
    return (
        f"The same function took {here:.2g} µs in the process, {rpc:,.0f} µs by a remote procedure call and {queued:,.0f} µs through queues there "
        f"and back: {rpc / here:,.0f} and {queued / here:,.0f} times as long, though both processes are on one machine."
        "\n\nThe time goes into turning numbers into bytes and back, into the operating system, which must wake the other process up, and with "
        "XML-RPC into a protocol made for people to read and, for each call, a conversation over HTTP. What is left out here: a real network adds "
        "its distance, and can lose the question or the answer. And whoever puts a message into a queue need not wait for the answer at all; that, "
        "not the time of one call, is what queues are for."
    )
