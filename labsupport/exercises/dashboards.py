"""What the exercises on monitoring need: days of response times, what is read off buckets, readers of Prometheus' files. No answer is in here."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from labsupport import checks
from labsupport.exercises.expectations import NotYet
from labsupport.simulators.monitoring import histogram_quantile

HINTS = {
    "buckets": (
        "All that a bucket knows is how many lie in it. Where do you want to know exactly – and does a bucket elsewhere help with that?",
        "Which is the smallest 99th percentile of your days, and which the largest? A day that you have not seen may lie a little outside.",
        "The error allowed is a share of the value. How close together must they be where the 99th percentile may lie?",
    ),
    "scrape": (
        "Begin with the lecture's configuration, and change one thing after the other: the job, the targets, the interval, the path.",
        "Read the rule's expression from the inside: counters of buckets, how fast they grow, added over all instances but not over the "
        "boundaries, and then the quantile.",
        "`rate` needs at least two scrapes in its window, and a scrape may fail: the text says how many there must be. "
        "And which counter has the buckets?",
    ),
}

MOST_BOUNDARIES = 10
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
KINDS = ("plain", "cached")


def response_days(kind: str, days: int, seed: int, after: int = 0, requests: int = 4_000) -> list[list[float]]:
    """Measure a service's response times on some days, each a little different from the one before.

    Parameters
    ----------
    kind : {"plain", "cached"}
        One kind of requests; or most answered by a cache, and a few – not as many on one day as on another – by a slow database.
    days : int
        How many, at least 1.
    seed : int
        Which service: how fast it is at all. Same seed, same service.
    after : int, optional
        How many days have passed before.
    requests : int, optional
        How many are measured on each day, at least 1.

    Returns
    -------
    list of list of float
        For each day, the response times of the requests in seconds.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> [round(max(day), 3) for day in response_days("plain", 2, seed=1)]
    [0.967, 0.971]
    """
    kind = checks.choice("kind", kind, KINDS)
    generator = np.random.default_rng([checks.integer("seed", seed, minimum=0), KINDS.index(kind)])
    typical, spread = 10 ** generator.uniform(-2.3, 0.3), generator.uniform(0.3, 0.6)
    count, measured = checks.integer("requests", requests, minimum=1), []
    for day in range(checks.integer("after", after, minimum=0), after + checks.integer("days", days, minimum=1)):
        today = np.random.default_rng([seed, KINDS.index(kind), day])
        times = typical * today.uniform(0.85, 1.15) * today.lognormal(0, spread, count)
        if kind == "cached":
            slow = today.random(count) < today.uniform(0.03, 0.06)
            times[slow] = 40 * typical * today.uniform(0.9, 1.1) * today.lognormal(0, 0.15, int(slow.sum()))
        measured.append(times.round(6).tolist())
    return measured


def read_off(boundaries: Any, times: Sequence[float]) -> float:
    """Count times into buckets, and read the 99th percentile off them as Prometheus does.

    Parameters
    ----------
    boundaries : list of float
        Upper bounds in seconds, at most ten, above 0 and rising; a last bucket without an upper bound is added.
    times : sequence of float
        Response times in seconds.

    Returns
    -------
    float
        What ``histogram_quantile(0.99, …)`` says, in seconds: at most the last boundary.

    Raises
    ------
    NotYet
        If these are no boundaries.

    Examples
    --------
    >>> read_off([0.1, 0.2, 0.4], [0.15] * 90 + [0.3] * 10)
    0.38
    """
    bounds = boundaries.tolist() if isinstance(boundaries, np.ndarray) else boundaries
    if not isinstance(bounds, (list, tuple)) or not all(type(bound) in (int, float, np.float64) and math.isfinite(bound) for bound in bounds):
        raise NotYet("almost: the boundaries – a list of numbers is needed. Look next: what your function returns.")
    if not 1 <= len(bounds) <= MOST_BOUNDARIES:
        raise NotYet(f"almost: the boundaries – {len(bounds)} came, but from 1 to {MOST_BOUNDARIES} there must be. Look next: how many you make.")
    if bounds[0] <= 0 or any(low >= high for low, high in pairwise(bounds)):
        raise NotYet("almost: the boundaries – each must be larger than the one before, and the first above 0. Look next: their order.")
    edges = np.array([*map(float, bounds), math.inf])
    return round(float(histogram_quantile(0.99, edges, np.searchsorted(np.sort(np.asarray(times, dtype=float)), edges, side="right"))), 9)


def worst_error(boundaries: Any, days: Sequence[Sequence[float]]) -> float:
    """Return how far the 99th percentile read off is from that of the times, on the worst of some days.

    Parameters
    ----------
    boundaries : list of float
        As `read_off` takes them.
    days : sequence of sequence of float
        Response times in seconds, for each day.

    Returns
    -------
    float
        A share of the true 99th percentile (`numpy`'s default method), such as 0.05.

    Examples
    --------
    >>> round(worst_error([0.1, 0.2, 0.4], [[0.15] * 90 + [0.3] * 10]), 3)
    0.267
    """
    true = [float(np.percentile(times, 99)) for times in days]
    return max(abs(read_off(boundaries, times) / value - 1) for times, value in zip(days, true, strict=True))


def application(seed: int) -> dict[str, Any]:
    """Describe an application whose metrics are to be scraped.

    Parameters
    ----------
    seed : int
        Same seed, same application.

    Returns
    -------
    dict
        ``job``, its name; ``hosts`` and ``port``, where its instances serve their metrics; ``path``, under which; ``interval``,
        seconds between two scrapes.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> application(1)
    {'job': 'search', 'hosts': ['10.0.0.37'], 'port': 9102, 'path': '/metrics', 'interval': 30}
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    job, first = chance.choice(("shop", "search", "billing", "timeline", "maps")), chance.randint(1, 60)
    return {
        "job": job,
        "hosts": [f"10.0.0.{first + number}" for number in range(chance.randint(1, 4))],
        "port": chance.choice((8_000, 8_080, 9_102, 9_500)),
        "path": chance.choice(("/metrics", "/internal/metrics", "/stats/prometheus")),
        "interval": chance.choice((5, 10, 15, 30)),
    }


def objective(seed: int) -> dict[str, Any]:
    """Describe when somebody is to be woken up.

    Parameters
    ----------
    seed : int
        Same seed, same objective.

    Returns
    -------
    dict
        ``alert``, its name; ``histogram``, the metric without any suffix; ``quantile``; ``limit``, in seconds; ``interval``, seconds
        between two scrapes; ``patience``, seconds for which it must have been so.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> objective(1)
    {'alert': 'SlowSearch', 'histogram': 'search_seconds', 'quantile': 0.9, 'limit': 0.3, 'interval': 5, 'patience': 120}
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    job = chance.choice(("shop", "search", "billing", "timeline", "maps"))
    return {
        "alert": f"Slow{job.capitalize()}",
        "histogram": f"{job}_{chance.choice(('request_seconds', 'latency_seconds', 'seconds'))}",
        "quantile": chance.choice((0.9, 0.95, 0.99)),
        "limit": chance.choice((0.1, 0.25, 0.3, 0.5)),
        "interval": chance.choice((5, 10, 15, 30)),
        "patience": chance.choice((60, 120, 300)),
    }


def read_configuration(text: Any) -> list[dict[str, Any]]:
    """Read what a configuration tells Prometheus to scrape, as far as this course needs it.

    Parameters
    ----------
    text : str
        The file ``prometheus.yml``, in YAML.

    Returns
    -------
    list of dict
        For each job ``job``, ``targets``, ``path`` and ``interval`` in seconds. Where nothing is said, a path is ``/metrics`` and an
        interval the global one, or a minute.

    Raises
    ------
    NotYet
        If Prometheus could not read it, with the reason.

    References
    ----------
    Prometheus documentation, "Configuration", scrape_config.

    Examples
    --------
    >>> read_configuration("scrape_configs: [{job_name: app, static_configs: [{targets: ['a:1']}]}]")
    [{'job': 'app', 'targets': ['a:1'], 'path': '/metrics', 'interval': 60.0}]
    """
    file = _fields("the file", _yaml(text), {"global", "scrape_configs", "rule_files"})
    general = _fields("global", file.get("global", {}), {"scrape_interval", "evaluation_interval", "scrape_timeout"})
    usual = _seconds("scrape_interval", general.get("scrape_interval", "1m"))
    jobs, names = list[dict[str, Any]](), set[str]()
    for job in _rows("scrape_configs", file.get("scrape_configs", [])):
        _fields("a job", job, {"job_name", "static_configs", "metrics_path", "scrape_interval", "scrape_timeout", "scheme"})
        targets = []
        for group in _rows("static_configs", job.get("static_configs", [])):
            targets += _rows("targets", _fields("static_configs", group, {"targets", "labels"}).get("targets", []), str)
        for target in targets:
            if not re.fullmatch(r"[\w.-]+:\d{1,5}", target):
                raise _unread(f"the target {target!r} is no host and port, such as 'localhost:8000'")
        if not isinstance(job.get("job_name"), str) or job["job_name"] in names:
            raise _unread("each job needs a job_name of its own")
        names.add(job["job_name"])
        interval = _seconds("scrape_interval", job["scrape_interval"]) if "scrape_interval" in job else usual
        jobs.append({"job": job["job_name"], "targets": targets, "path": job.get("metrics_path", "/metrics"), "interval": interval})
    return jobs


def read_alert(text: Any) -> dict[str, Any]:
    """Read a file of rules with one alert on a quantile of a histogram.

    The expression must be ``histogram_quantile(Q, sum by (le) (rate(COUNTER[WINDOW]))) > LIMIT``. Blanks and new lines may be anywhere,
    ``sum(…) by (le)`` is the same, and all instances must be added up.

    Parameters
    ----------
    text : str
        The file, in YAML.

    Returns
    -------
    dict
        ``alert``, ``quantile``, ``counter``, ``window`` (seconds), ``limit`` and ``for`` (seconds; 0 if nothing is said).

    Raises
    ------
    NotYet
        If Prometheus could not read it, or the expression is another one, with the reason.

    References
    ----------
    Prometheus documentation, "Alerting rules"; "Query functions", histogram_quantile.

    Examples
    --------
    >>> rule = "{alert: A, expr: 'histogram_quantile(0.5, sum by (le) (rate(x_bucket[1m]))) > 2', for: 5m}"
    >>> read_alert("groups: [{name: g, rules: [" + rule + "]}]")
    {'alert': 'A', 'quantile': 0.5, 'counter': 'x_bucket', 'window': 60.0, 'limit': 2.0, 'for': 300.0}
    """
    groups = _rows("groups", _fields("the file", _yaml(text), {"groups"}).get("groups", []))
    rules = []
    for group in groups:
        if not isinstance(_fields("a group", group, {"name", "interval", "rules"}).get("name"), str):
            raise _unread("each group needs a name")
        rules += _rows("rules", group.get("rules", []))
    if len(rules) != 1:
        raise _unread(f"there are {len(rules)} rules, but one alert was asked for")
    rule = _fields("a rule", rules[0], {"alert", "expr", "for", "labels", "annotations"})
    if not all(isinstance(rule.get(name), str) for name in ("alert", "expr")):
        raise _unread("a rule needs an alert, its name, and an expr, both as text")
    return {"alert": rule["alert"], **_expression(rule["expr"]), "for": _seconds("for", rule.get("for", "0s"))}


_RATE = r"rate\((?P<counter>[a-zA-Z_:][\w:]*)\[(?P<window>\w+)\]\)"
_FORMS = (rf"sumby\(le\)\({_RATE}\)", rf"sum\({_RATE}\)by\(le\)")
_SHAPES = [re.compile(rf"histogram_quantile\((?P<quantile>[\d.]+),{form}\)>(?P<limit>[\d.]+)") for form in _FORMS]


def _expression(text: str) -> dict[str, Any]:
    """Take the one expression that is asked for apart."""
    bare = re.sub(r"\s+", "", text)
    found = next((match for shape in _SHAPES if (match := shape.fullmatch(bare))), None)
    if found is None:
        if "histogram_quantile" not in bare:
            raise _unread("the expr has no histogram_quantile")
        if "rate(" not in bare:
            raise _unread("the expr takes the counts since the start, and no rate of them")
        if not re.search(r"by\(le\)", bare):
            raise _unread("the expr must add up the instances, by (le) and by nothing else")
        raise _unread(f"the expr {' '.join(text.split())!r} has not the form that the text gives")
    try:
        numbers = {name: float(found[name]) for name in ("quantile", "limit")}
    except ValueError:
        raise _unread("the quantile and the limit must be numbers") from None
    return {"quantile": numbers["quantile"], "counter": found["counter"], "window": _seconds("window", found["window"]), "limit": numbers["limit"]}


def _yaml(text: Any) -> Any:
    import yaml

    if not isinstance(text, str):
        raise _unread(f"it is {type(text).__name__}, but must be text")
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _unread(f"it is no YAML: {' '.join(str(error).split())}") from None


def _fields(what: str, value: Any, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unread(f"{what} must have fields, such as {min(allowed)}")
    for name in value:
        if name not in allowed:
            raise _unread(f"{what} has the field {name!r}, which it cannot have")
    return value


def _rows(what: str, value: Any, kind: type = dict) -> list[Any]:
    if not isinstance(value, list) or not all(isinstance(item, kind) for item in value):
        raise _unread(f"{what} must be a list")
    return value


def _seconds(what: str, value: Any) -> float:
    if not isinstance(value, str) or not re.fullmatch(r"(\d+(ms|[smhd]))+", value):
        raise _unread(f"{what} is {value!r}, but must be a time such as 15s or 1m30s")
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhd])", value))


def _unread(reason: str) -> NotYet:
    return NotYet(f"almost: the text of the file – {reason}. Look next: the example in the exercise, line by line.")
