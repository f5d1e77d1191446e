"""What the exercise on failures in logs needs: requests with their marks, and traces through services. No answer is in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from labsupport import checks

if TYPE_CHECKING:
    import pandas as pd

HINTS = {
    "failures": (
        "Begin with one column: the share of failures for each of its values. Why might none of them look bad, although one combination of two is?",
        "Two of three failed is a share of 67 %, and says next to nothing. How many failures would you expect among so many rows – and how far off "
        "may that be by chance?",
        "For the traces: who logs an error because somebody it asked did? Go through the lines of one trace, and cross out every service that "
        "can blame another.",
    ),
}

FIELDS = {
    "version": ("2.3", "2.4", "2.5"),
    "zone": ("a", "b", "c"),
    "page": ("search", "item", "basket", "pay"),
    "client": ("web", "ios", "android"),
}
CALLS = {"web": ("basket", "search"), "basket": ("price", "stock"), "search": ("stock",), "price": ("rates",), "stock": ("store",)}


def request_log(requests: int, seed: int) -> pd.DataFrame:
    """Log requests, of which a few fail anyhow, and many where two marks come together – and a handful of a rare kind, by chance.

    Parameters
    ----------
    requests : int
        How many, at least 1,000.
    seed : int
        Same seed, same log.

    Returns
    -------
    pandas.DataFrame
        ``version``, ``zone``, ``page``, ``client`` (texts) and ``status``, 200 or 500.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> request_log(1_000, seed=1).columns.tolist()
    ['version', 'zone', 'page', 'client', 'status']
    """
    import pandas as pd

    requests = checks.integer("requests", requests, minimum=1_000)
    generator = np.random.default_rng(seed)
    log = {}
    for name, values in FIELDS.items():
        weights = generator.dirichlet(np.full(len(values), 8.0))
        log[name] = generator.choice(values, requests, p=weights)
    one, other = generator.permutation(list(FIELDS))[:2].tolist()
    bad = {name: str(generator.choice(FIELDS[name])) for name in (one, other)}
    both = (log[one] == bad[one]) & (log[other] == bad[other])
    failed = generator.random(requests) < np.where(both, 0.15, 0.01)
    rare = generator.choice(requests, 4, replace=False)  # a test of somebody's, that fails in three of four times
    version = log["version"].astype("<U8")
    version[rare] = "2.6-test"
    failed[rare] = [True, True, True, False]
    return pd.DataFrame({**log, "version": version, "status": np.where(failed, 500, 200)})


def log_of(rows: list[tuple[str, str, int, int]]) -> pd.DataFrame:
    """Make a log by hand.

    Parameters
    ----------
    rows : list of (str, str, int, int)
        Version and zone, how many requests had them, and how many of these failed.

    Returns
    -------
    pandas.DataFrame
        ``version``, ``zone`` and ``status``.

    Examples
    --------
    >>> log_of([("1", "a", 2, 1)])
      version zone  status
    0       1    a     500
    1       1    a     200
    """
    import pandas as pd

    lines = [(version, zone, 500 if number < failed else 200) for version, zone, count, failed in rows for number in range(count)]
    return pd.DataFrame(lines, columns=["version", "zone", "status"])


def trace_log(traces: int, seed: int) -> list[dict[str, Any]]:
    """Log what services did for requests, many of which failed; clocks are off by some milliseconds, and lines come in no order.

    Parameters
    ----------
    traces : int
        How many requests, at least 1.
    seed : int
        Same seed, same log.

    Returns
    -------
    list of dict
        Each line has the ``"trace"``, a number; the ``"service"``; the services it ``"asked"`` for this request, a list; whether it ended in an
        ``"error"``; and ``"ms"``, by its own clock, when it ended.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> sorted({line["service"] for line in trace_log(50, seed=1)})
    ['basket', 'price', 'rates', 'search', 'stock', 'store', 'web']
    """
    traces = checks.integer("traces", traces, minimum=1)
    generator = np.random.default_rng(seed)
    services = [*CALLS, "rates", "store"]
    weak = generator.dirichlet(np.full(len(services), 0.6))
    skew = dict(zip(services, generator.normal(0, 20, len(services)).tolist(), strict=True))
    lines: list[dict[str, Any]] = []

    def call(trace: int, service: str, begin: float, culprit: str) -> bool:
        asked = [each for each in CALLS.get(service, ()) if generator.random() < 0.75]
        broken = False
        for other in asked:
            broken |= call(trace, other, begin + float(generator.uniform(1, 5)), culprit)
        caught = broken and generator.random() < 0.15  # it went on without
        error = (broken and not caught) or service == culprit
        when = begin + float(generator.uniform(6, 30)) + skew[service]
        lines.append({"trace": trace, "service": service, "asked": asked, "error": error, "ms": round(when, 1)})
        return error

    for trace in range(traces):
        call(trace, "web", 1_000.0 * trace, str(generator.choice(services, p=weak)))
    return [lines[place] for place in generator.permutation(len(lines)).tolist()]
