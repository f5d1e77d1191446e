"""A load test of a server whose service time is known, by wrk, hey and Locust, in closed loops and in an open one."""

from __future__ import annotations

import csv
import datetime as dt
import importlib.metadata
import importlib.util
import io
import json
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from labsupport import checks, theory, workloads
from labsupport.simulators import queueing
from labsupport.systems import comparison
from labsupport.systems.backends import WORK, Backends
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.installing import Packages, install_command
from labsupport.systems.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PACKAGES", "compare", "find", "record", "recorded"]

SERVICE = 0.005  # seconds that each request takes of the one server
USERS = (1, 8)
RATES = (100.0, 160.0)  # requests a second: half of what can be done, and four fifths
COLUMNS = ["source", "program", "loop", "load", "throughput", "p50_ms", "p99_ms"]
PATIENCE = 20.0  # seconds that a tool may need to begin and to end
SIMULATED = 100_000  # requests
PACKAGES = {
    "wrk": Packages(debian="wrk", brew="wrk", conda="wrk", elsewhere="see https://github.com/wg/wrk"),
    "hey": Packages(debian="hey", brew="hey", elsewhere="see https://github.com/rakyll/hey"),  # the one on PyPI is another program
    "Locust": Packages(pip="locust"),
}

Measured = tuple[float, float, float]  # requests a second, and the percentiles 50 and 99 in milliseconds


def find() -> dict[str, str]:
    """Return the load testing tools that are here: for each its name, and where it is or which version.

    Returns
    -------
    dict

    Examples
    --------
    >>> set(find()) <= set(PACKAGES)
    True
    """
    here = {name: program for name in ("wrk", "hey") if (program := shutil.which(name))}
    if importlib.util.find_spec("locust"):
        here["Locust"] = importlib.metadata.version("locust")
    return here


def compare(
    users: Sequence[int] = USERS, rates: Sequence[float] = RATES, seconds: int = 2, *, progress: Callable[[float], None] | None = None
) -> Comparison:
    """Test one server that needs 5 ms for each request, with every tool that is here, beside the simulation and theory.

    The closed loops are those of wrk, hey and Locust; the open one is Locust's, with requests at random times that nobody waits for.
    Where no tool is here, or nothing is to be measured (see `labsupport.systems.comparison.reason_not_to_measure`), the recorded run
    is shown.

    Parameters
    ----------
    users : sequence of int, optional
        Who ask in a closed loop, each again at once, from 1 to 64.
    rates : sequence of float, optional
        Requests a second in an open loop, below the 200 that can be done.
    seconds : int, optional
        How long each test lasts, from 1 to 60.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source``, ``program``, ``loop`` (closed, open), ``load`` (users, or requests a second),
        ``throughput``, ``p50_ms``, ``p99_ms`` and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> sorted(set(recorded().table["program"]))
    ['Locust', 'M/D/1', 'hey', 'laws of the closed loop', 'simulator', 'wrk']
    """
    crowds = checks.integers("users", users, 1, 64, kind="number of users").tolist()
    speeds = [checks.number("rates", rate, above=0, maximum=0.95 / SERVICE) for rate in rates]
    seconds = checks.integer("seconds", seconds, 1, 60)
    reason = comparison.reason_not_to_measure()
    if not reason and not find():
        reason = f"No load testing tool was found here. To install one: {install_command(PACKAGES['wrk'])}"
    if reason:
        return recorded(reason)
    try:
        with Progress("Testing a server under load") as line:
            return _measured(crowds, speeds, seconds, progress or line)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return recorded(f"The load test did not succeed here: {error}")


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
    return comparison.recorded("load_tools", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine; it takes a minute or two.

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
    Too long for an example that runs; this is what it wrote:

    >>> recorded().about["command"]
    'python -m labsupport record load_tools'
    """
    return _measured(USERS, RATES, 8, lambda _: None).save("load_tools", directory)


def _measured(users: Sequence[int], rates: Sequence[float], seconds: int, progress: Callable[[float], None]) -> Comparison:
    import pandas as pd

    tools = find()
    runs = [(name, "closed", float(count)) for count in users for name in tools]
    runs += [("Locust", "open", rate) for rate in rates if "Locust" in tools]
    rows = [row for loop, loads in (("closed", users), ("open", rates)) for load in loads for row in _models(loop, load)]
    with Backends([1.0]) as backends:
        address = f"http://127.0.0.1:{backends.ports[0]}"
        for done, (name, loop, load) in enumerate(runs, 1):
            rows.append(("measurement", name, loop, load, *_TOOLS[name](address, loop, load, seconds)))
            progress(done / len(runs))
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False).round({"throughput": 1, "p50_ms": 2, "p99_ms": 2})
    table = table.sort_values(["loop", "load", "source"], kind="stable", ignore_index=True)
    about = {
        "system": f"{', '.join(tools)} and a server of ours that needs {1_000 * SERVICE:g} ms for each request",
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    return Comparison(table, _reconcile(table), about, summary=_summary(table))


def _models(loop: str, load: float) -> Iterator[tuple[str, str, str, float, float, float, float]]:
    """Simulate the server, and say what theory says of it."""
    if loop == "closed":
        users = int(load)
        yield "theory", "laws of the closed loop", loop, load, 1 / SERVICE, 1_000 * users * SERVICE, 1_000 * users * SERVICE
        yield "simulation", "simulator", loop, load, *_closed(users)
    else:
        arrivals = workloads.poisson_arrivals(SIMULATED, load, seed=7)
        result = queueing.simulate(arrivals, workloads.deterministic_services(SIMULATED, SERVICE))
        yield "theory", "M/D/1", loop, load, load, float("nan"), float("nan")
        yield "simulation", "simulator", loop, load, SIMULATED / float(result.finishes[-1]), *_percentiles(result.responses)


def _closed(users: int) -> Measured:
    """Let each user ask again as soon as it has its answer: a request comes when the one so many before it is done."""
    finishes, responses, last = deque([0.0] * users, maxlen=users), list[float](), 0.0
    for _ in range(20 * users):
        came = finishes[0]
        last = max(last, came) + SERVICE
        finishes.append(last)
        responses.append(last - came)
    kept = responses[10 * users :]
    return len(responses) / last, *_percentiles(kept)


def _percentiles(seconds: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
    middle, slow = 1_000 * np.percentile(seconds, (50, 99))
    return float(middle), float(slow)


def _run(command: Sequence[str], seconds: int) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * seconds + PATIENCE, check=False)  # noqa: S603 - named by find()
    if done.returncode:
        raise ValueError(f"{Path(command[0]).name} ended with exit code {done.returncode}: {done.stderr.strip()[-200:]}")
    return done.stdout


def _wrk(address: str, loop: str, load: float, seconds: int) -> Measured:  # noqa: ARG001 - wrk knows one loop only
    said = _run(["wrk", "-t1", f"-c{load:.0f}", f"-d{seconds}s", "--latency", "-H", f"{WORK}: {SERVICE}", f"{address}/"], seconds)
    return read_wrk(said)


def read_wrk(said: str) -> Measured:
    """Read what wrk prints: requests a second, and the percentiles 50 and 99 in milliseconds.

    Parameters
    ----------
    said : str
        All of it.

    Returns
    -------
    (float, float, float)

    Raises
    ------
    ValueError
        If it is not what wrk prints.

    Examples
    --------
    >>> read_wrk("50%    1.00ms 99%   24.49ms Requests/sec:    199.60")
    (199.6, 1.0, 24.49)
    """
    units = {"us": 0.001, "ms": 1.0, "s": 1_000.0, "m": 60_000.0}
    rate = re.search(r"Requests/sec:\s*([\d.]+)", said)
    shares = {share: float(value) * units[unit] for share, value, unit in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s|m)\b", said)}
    if rate is None or not {"50", "99"} <= set(shares):
        raise ValueError(f"wrk printed something else: {said[-200:]!r}")
    return float(rate[1]), shares["50"], shares["99"]


def _hey(address: str, loop: str, load: float, seconds: int) -> Measured:  # noqa: ARG001 - as for wrk
    said = _run(["hey", "-c", f"{load:.0f}", "-z", f"{seconds}s", "-o", "csv", "-H", f"{WORK}: {SERVICE}", f"{address}/"], seconds)
    took = [float(row["response-time"]) for row in csv.DictReader(io.StringIO(said)) if row["status-code"] == "200"]
    return len(took) / seconds, *_percentiles(took)


def _locust(address: str, loop: str, load: float, seconds: int) -> Measured:
    child = [sys.executable, "-P", "-W", "ignore", str(Path(__file__).with_name("locust_child.py")), address, WORK, str(SERVICE)]
    users, rate = (1, load) if loop == "open" else (int(load), 0)
    took = json.loads(_run([*child, str(users), str(rate), str(seconds)], seconds))
    return len(took) / seconds, *_percentiles([time for _, time in took])


_TOOLS: dict[str, Callable[[str, str, float, int], Measured]] = {"wrk": _wrk, "hey": _hey, "Locust": _locust}


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="recorded").rename(columns={"load": "users, or requests/s", "throughput": "requests/s"})


def _reconcile(table: pd.DataFrame) -> str:
    """Say, from the numbers, what the loops have told, and why they differ."""
    measured = table[table["source"] == "measurement"]
    closed = measured[measured["loop"] == "closed"]
    fewest, most = (closed[closed["load"] == load] for load in (closed["load"].min(), closed["load"].max()))
    text = (
        f"In the closed loop {fewest['load'].iloc[0]:.0f} user already gets {fewest['throughput'].max():.0f} requests a second through, and "
        f"{most['load'].iloc[0]:.0f} users {most['throughput'].max():.0f}, where 200 can be done. What more users change is how long they wait: "
        f"{most['p50_ms'].median():.0f} instead of {fewest['p50_ms'].median():.0f} ms. The line in front of the "
        "server is never longer than there are users."
    )
    asked = measured[measured["loop"] == "open"]
    if len(asked):
        simulated = table[(table["source"] == "simulation") & (table["loop"] == "open")].set_index("load")["p99_ms"]
        busiest = asked.iloc[int(asked["load"].argmax())]
        wait = 1_000 * theory.mg1_mean_wait(busiest["load"], SERVICE, 0.0)
        text += (
            f" In the open loop users come whether or not anybody is served: at {busiest['load']:.0f} requests a second the slowest in 100 took "
            f"{busiest['p99_ms']:.0f} ms, in the simulation {simulated[busiest['load']]:.0f} ms; in theory the mean wait is {wait:.1f} ms."
        )
    return text + (
        "\n\nWhat the models leave out: the way through two network stacks, the first connections, and the tool's own processor time – a busy tool "
        "reads its watch late, and reports as the server's time what is its own. And a few seconds are few requests: their 99th percentile is that "
        "of a handful."
    )
