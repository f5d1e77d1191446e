"""A Prometheus that watches an application of ours: what it says of percentiles, beside what the application knows itself."""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators.monitoring import histogram_quantile
from labsupport.systems import comparison
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.prometheus import Prometheus
from labsupport.systems.server import NotStartedError

if TYPE_CHECKING:
    import pandas as pd
    from prometheus_client import Histogram

    from labsupport.systems.prometheus import PrometheusClient

__all__ = ["BOUNDS", "CONFIGURATION", "QUANTILE", "RULES", "compare", "record", "recorded"]

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)  # seconds
METRIC = "request_seconds"
PHASES = {"calm": 0.030, "slow": 0.090}  # seconds that a request takes on average, exponential
RATE = 400  # requests a second
SCRAPED = 0.25  # seconds between two scrapes
WINDOW = 3  # seconds
QUANTILES = (0.5, 0.9, 0.99)
LIMIT, PATIENCE = 0.3, 1  # seconds: the alert's threshold, and its `for`
ALERT = "SlowP99"
FIRST_RATES = 10.0  # seconds that the first rates may take to be there
COLUMNS = ["source", "program", "phase", "quantile", "seconds"]

RATES = f"sum by (le) (rate({METRIC}_bucket[{WINDOW}s]))"
QUANTILE = f"histogram_quantile({{}}, {RATES})"

CONFIGURATION = f"""
global:
  scrape_interval: {SCRAPED * 1_000:.0f}ms
  evaluation_interval: {SCRAPED * 1_000:.0f}ms
rule_files: [rules.yml]
scrape_configs:
  - job_name: sample_app
    static_configs:
      - targets: ["127.0.0.1:{{port}}"]
"""
RULES = f"""
groups:
  - name: response times
    rules:
      - record: job:request_seconds:p99
        expr: {QUANTILE.format(0.99)}
      - alert: {ALERT}
        expr: job:request_seconds:p99 > {LIMIT}
        for: {PATIENCE}s
"""


def compare(seconds: float = 5.0, *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Let Prometheus scrape an application that is calm at first and then slow, and ask for percentiles in PromQL.

    The application counts its requests into a histogram of eight buckets, as the package prometheus-client does it. Prometheus
    scrapes it four times a second, keeps a recording rule and an alert rule, and ends with the block. Where it is missing, or nothing
    is to be measured (see `labsupport.systems.comparison.reason_not_to_measure`), the recorded run is shown.

    Parameters
    ----------
    seconds : float, optional
        How long each of the two phases lasts, from 4 to 60.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source``, ``program``, ``phase`` (calm, slow), ``quantile``, ``seconds`` and ``recorded``. The
        measurements are those of Prometheus and of the application's own list of times; the simulation is our ``histogram_quantile``
        on the buckets that Prometheus held at that moment; theory is the quantile of the law that the times are drawn from.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Prometheus documentation, "Query functions", histogram_quantile.

    Examples
    --------
    >>> sorted(set(recorded().table["source"]))
    ['measurement', 'simulation', 'theory']
    """
    seconds = checks.number("seconds", seconds, minimum=WINDOW + 1, maximum=60)
    return comparison.measured_or_recorded(lambda show: _measured(seconds, show), recorded, "Watching an application with Prometheus", progress)


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
    return comparison.recorded("scraping", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine; it takes half a minute.

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
    'python -m labsupport record scraping'
    """
    return _measured(10.0, lambda _: None).save("scraping", directory)


class _Application:
    """An application whose requests take times that are drawn, counted into a histogram and kept in a list."""

    def __init__(self, histogram: Histogram, port: int) -> None:
        self.port = port
        self.times: list[float] = []
        self._histogram = histogram
        self._generator = np.random.default_rng(7)

    def work(self, seconds: float, mean: float, between: Callable[[], None]) -> None:
        """Answer requests for so long, at `RATE`; call a function now and then."""
        begin, done = time.monotonic(), 0
        while (passed := time.monotonic() - begin) < seconds:
            for duration in self._generator.exponential(mean, int(passed * RATE) - done).tolist():
                self._histogram.observe(duration)
                self.times.append(duration)
                done += 1
            between()
            time.sleep(0.02)


@contextmanager
def _application() -> Iterator[_Application]:
    """Serve the application's metrics on a free port of 127.0.0.1, for the length of the block."""
    from prometheus_client import CollectorRegistry, Histogram, start_http_server

    registry = CollectorRegistry()
    histogram = Histogram(METRIC, "How long a request takes.", registry=registry, buckets=BOUNDS)
    server, thread = start_http_server(0, "127.0.0.1", registry)
    try:
        yield _Application(histogram, int(server.server_address[1]))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _measured(seconds: float, progress: Callable[[float], None]) -> Comparison:
    import pandas as pd

    rows: list[tuple[str, str, str, float, float]] = []
    states: dict[str, float] = {}
    with _application() as application:
        server = Prometheus(CONFIGURATION.format(port=application.port), RULES)
        with server as client:
            version = server.version(server.find() or Path("prometheus"))
            _wait_for_rates(client, application)
            for number, (phase, mean) in enumerate(PHASES.items()):
                changed, seen = time.monotonic(), len(application.times)

                def look(phase: str = phase, changed: float = changed, number: int = number) -> None:
                    passed = time.monotonic() - changed
                    progress((number + min(1, passed / seconds)) / len(PHASES))
                    if phase == "slow":
                        states.setdefault(client.alerts().get(ALERT, "quiet"), round(passed, 2))

                application.work(seconds, mean, look)
                rows += _ask(client, phase, mean, application.times[max(seen, len(application.times) - WINDOW * RATE) :])
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False)
    about = {
        "system": f"{version} and an application of ours with prometheus-client",
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "alert": states,
        "rules": RULES.strip(),
    }
    return Comparison(table, _reconcile(table, states), about, summary=_summary(table))


def _wait_for_rates(client: PrometheusClient, application: _Application) -> None:
    """Let the application work until Prometheus has scraped it often enough to tell a rate."""
    deadline = time.monotonic() + FIRST_RATES
    while not client.query(RATES):
        if time.monotonic() > deadline:
            raise NotStartedError(f"Prometheus had scraped nothing after {FIRST_RATES:g} s")
        application.work(SCRAPED, PHASES["calm"], lambda: None)


def _ask(client: PrometheusClient, phase: str, mean: float, times: Sequence[float]) -> Iterator[tuple[str, str, str, float, float]]:
    """Ask Prometheus for percentiles and, at the same instant, for the buckets that it takes them from."""
    now = time.time()
    bounds, counts = buckets(client, now)
    for q in QUANTILES:
        yield "measurement", "Prometheus", phase, q, client.query(QUANTILE.format(q), now)[0]["value"]
        yield "measurement", "the application's own list", phase, q, float(np.percentile(times, 100 * q))
        yield "simulation", "histogram_quantile", phase, q, float(histogram_quantile(q, bounds, counts))
        yield "theory", "exponential law", phase, q, -mean * math.log(1 - q)


def buckets(client: PrometheusClient, time: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bounds of the application's buckets, the last of them infinite, and the rate of each, cumulative.

    Parameters
    ----------
    client : PrometheusClient
        A Prometheus that scrapes the application.
    time : float
        Seconds since 1970.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        As `labsupport.simulators.monitoring.histogram_quantile` takes them.
    """
    found = sorted((float(series["metric"]["le"]), series["value"]) for series in client.query(RATES, time))
    return np.array([bound for bound, _ in found]), np.array([rate for _, rate in found])


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    wide = table.assign(ms=1_000 * table["seconds"], of=table["program"] + ", ms")
    return wide.pivot_table(index=["phase", "quantile"], columns="of", values="ms", sort=False).round(1).reset_index().rename_axis(columns=None)


def _reconcile(table: pd.DataFrame, states: dict[str, float]) -> str:
    """Say, from the numbers, how far the percentiles of the buckets are from those of the times, and why."""
    at = table.set_index(["program", "phase", "quantile"])["seconds"]
    gap = max(abs(at["Prometheus", phase, q] - at["histogram_quantile", phase, q]) for phase in PHASES for q in QUANTILES)
    seen, known = (1_000 * at[program, "slow", 0.99] for program in ("Prometheus", "the application's own list"))
    fired = f"fired {states['firing']:.1f} s after requests had become slow" if "firing" in states else "did not fire"
    return (
        f"Our histogram_quantile and Prometheus' own differ by {'less than 1e-9' if gap < 1e-9 else f'{gap:.1g}'} s, on the same buckets. But "
        f"the buckets do not know the times: of the slow requests Prometheus says that 99 of 100 took at most {seen:,.0f} ms, and the "
        f"application's own list says {known:,.0f} ms. Between 250 and 500 ms there is no bound, and Prometheus takes it that the requests in there "
        f"are spread evenly.\n\nThe alert {fired}, although it waits for {PATIENCE} s only: enough slow requests must be in the window of {WINDOW} s "
        "first, and each scrape and each look at the rule adds its interval. What theory leaves out: a few hundred requests are a sample, and "
        "their 99th percentile is the luck of a few of them. Range selectors hold both their ends up to Prometheus 2, and only the right one "
        "since 3.0, so that the same window may hold one scrape fewer there."
    )
