"""What the exercises on Ganglia and Grafana need: a cluster's CPU and jobs, gmond's reports, and a reader of panels. No answer is in here."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

from labsupport import checks
from labsupport.exercises.expectations import NotYet
from labsupport.exercises.queries import Series, evaluate
from labsupport.simulators import monitoring

HINTS = {
    "spike": (
        "Walk along the CPU with two things in hand: where the present stretch began, if there is one, and what you have found so far.",
        "A job that runs all day is there at each spike, too. What must be true of the times when the job does not run?",
        "Make a row of ones and zeros for each job – does it run at that measurement? – and ask `np.corrcoef` how it goes with the CPU. "
        "What does that say of a row that holds ones only?",
    ),
    "gmond": (
        "`xml.etree.ElementTree.fromstring` gives the root; `root.iter('HOST')` all hosts, and `host.iter('METRIC')` the metrics of one of them. "
        "What stands in an attribute is text.",
        "TN says how many seconds ago something was last heard, TMAX how often it should be. Which of the two hosts in the example is silent?",
        "For the hottest, begin with the hosts that can be believed, and then with those that have told the metric at all.",
    ),
    "grafana": (
        "Write the expression from the inside: which counters, of which cluster and mode, how fast they grow, over which range.",
        "A counter of idle seconds grows by one each second on a CPU that does nothing. What is the share in which it did something? "
        "And what must be averaged over, so that one line is left for each instance?",
        "The mean of a hundred nodes hides one that is at its limit, as you saw in the lab. Should the alert look at the cluster, or at each node?",
    ),
}

STEP = 15.0  # seconds between two measurements
JOBS = ("ingest", "report", "backup", "training", "compaction", "export")
SILENT = 4  # times TMAX after which what has not been heard of is not to be believed: Ganglia's own rule


def cluster_day(seed: int, samples: int = 480) -> dict[str, Any]:
    """Measure a cluster's CPU while jobs come and go, one kind of which is heavy.

    Parameters
    ----------
    seed : int
        Same seed, same day.
    samples : int, optional
        How many measurements, one each 15 seconds, at least 60.

    Returns
    -------
    dict
        ``cpu``, a list of percent; and ``jobs``, a list of dicts with ``name``, ``begin`` and ``end``: it runs at the measurements from
        number ``begin`` on, before number ``end``. There are several runs of each kind, and one kind may run all the time.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> day = cluster_day(1)
    >>> len(day["cpu"]), sorted(day["jobs"][0])
    (480, ['begin', 'end', 'name'])
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    samples = checks.integer("samples", samples, minimum=60)
    names = chance.sample(JOBS, 4)
    heavy, always = names[0], names[1]
    jobs = [{"name": always, "begin": 0, "end": samples}]
    cpu = [25 + chance.gauss(0, 3) for _ in range(samples)]
    for name in (heavy, *names[2:]):
        for _ in range(chance.randint(2, 4)):
            begin = chance.randrange(samples - 30)
            end = begin + chance.randint(8, 28)
            jobs.append({"name": name, "begin": begin, "end": end})
            if name == heavy:
                cpu[begin:end] = [max(value, chance.gauss(88, 4)) for value in cpu[begin:end]]
    jobs.sort(key=lambda job: (job["begin"], job["name"]))
    return {"cpu": [round(min(100.0, max(0.0, value)), 1) for value in cpu], "jobs": jobs}


def gmond_report(seed: int, hosts: int = 4) -> str:
    """Write a report in the form in which gmond gives it to whoever connects to its port.

    Parameters
    ----------
    seed : int
        Same seed, same report.
    hosts : int, optional
        How many hosts it has heard of, at least 1.

    Returns
    -------
    str
        XML: a cluster of hosts, each with metrics. Some hosts are silent, some metrics are old, and some are text.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Massie, Chun, Culler, "The Ganglia distributed monitoring system: design, implementation, and experience", Parallel Computing 30 (7), 2004.

    Examples
    --------
    >>> gmond_report(1).splitlines()[1]
    '<GANGLIA_XML VERSION="3.7.2" SOURCE="gmond">'
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    lines = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', '<GANGLIA_XML VERSION="3.7.2" SOURCE="gmond">']
    lines.append(f'<CLUSTER NAME="{chance.choice(("lab", "shop", "render"))}" LOCALTIME="1700000000" OWNER="unspecified">')
    first = chance.randint(1, 50)
    for number in range(checks.integer("hosts", hosts, minimum=1)):
        silent = chance.random() < 0.25
        heard = chance.choice((80, 81, 95, 400)) if silent else chance.choice((1, 7, 19, 20, 79, 80))
        lines.append(f'<HOST NAME="node{first + number}" IP="10.0.0.{first + number}" REPORTED="1699999990" TN="{heard}" TMAX="20" DMAX="0">')
        lines += [_metric(chance, *each) for each in _METRICS if chance.random() < 0.9]
        lines.append("</HOST>")
    return "\n".join([*lines, "</CLUSTER>", "</GANGLIA_XML>"]) + "\n"


_METRICS = (
    ("os_name", "string", "", 1_200, ("Linux",)),
    ("cpu_num", "uint16", "CPUs", 1_200, (2, 4, 8, 16)),
    ("cpu_user", "float", "%", 90, (0.0, 3.5, 20.1, 64.0, 99.8)),
    ("load_one", "float", " ", 70, (0.02, 0.85, 2.4, 7.91, 15.0)),
    ("mem_free", "float", "KB", 180, (20480.0, 512000.0, 4096000.0, 1.5e7)),
    ("bytes_in", "float", "bytes/sec", 300, (120.5, 8000.0, 2.5e6)),
)


def _metric(chance: random.Random, name: str, kind: str, units: str, longest: int, values: Sequence[Any]) -> str:
    age = SILENT * longest + chance.choice((1, 300)) if chance.random() < 0.12 else chance.choice((0, 5, longest, SILENT * longest))
    fields = {"NAME": name, "VAL": chance.choice(values), "TYPE": kind, "UNITS": units, "TN": age, "TMAX": longest, "DMAX": 0, "SLOPE": "both"}
    return f"<METRIC {' '.join(f'{field}={quoteattr(str(value))}' for field, value in fields.items())}/>"


def wish(seed: int) -> dict[str, Any]:
    """Say what somebody wants to see on a dashboard, and when to be called.

    Parameters
    ----------
    seed : int
        Same seed, same wish.

    Returns
    -------
    dict
        ``title`` of the panel; ``cluster``; ``window``, such as ``"2m"``; ``source``, the name (uid) of the data source; ``alert``, its name;
        ``limit`` in percent; ``patience``, such as ``"5m"``.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> wish(1)["cluster"]
    'search'
    """
    chance = random.Random(checks.integer("seed", seed, minimum=0))  # noqa: S311 - an exercise, not a secret
    cluster = chance.choice(("shop", "search", "billing", "maps"))
    return {
        "title": f"CPU of {cluster}",
        "cluster": cluster,
        "window": chance.choice(("1m", "2m", "5m")),
        "source": chance.choice(("prometheus", "metrics", "p8s")),
        "alert": f"{cluster.capitalize()}Hot",
        "limit": chance.choice((70, 80, 90, 95)),
        "patience": chance.choice(("1m", "2m", "3m", "5m")),
    }


def scraped(seed: int, clusters: Sequence[str] = ("shop", "search"), minutes: int = 30) -> list[Series]:
    """Scrape the CPU counters of clusters, as the node exporter serves them, every 15 seconds.

    Parameters
    ----------
    seed : int
        Same seed, same counters.
    clusters : sequence of str, optional
        Their names; each has three to five instances of two CPUs.
    minutes : int, optional
        How long, at least 1. From some minute on, an instance of each runs hot for a while, one CPU
        after the other.

    Returns
    -------
    list of Series
        ``node_cpu_seconds_total`` with the labels ``cluster``, ``instance``, ``cpu`` and ``mode`` (idle, user, system, iowait).

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> sorted(scraped(1)[0].labels)
    ['cluster', 'cpu', 'instance', 'mode']
    """
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    times = np.arange(0, 60 * checks.integer("minutes", minutes, minimum=1) + 1, STEP)
    found = []
    for cluster in clusters:
        nodes = int(generator.integers(3, 6))
        hot, begin, length = int(generator.integers(nodes)), generator.uniform(0.3, 0.5), generator.uniform(0.1, 0.4)
        for node in range(nodes):
            for cpu in range(2):  # the second CPU of the hot one follows two minutes later
                since = times - begin * times[-1] - 120 * cpu
                during = (since >= 0) & (since < length * times[-1])
                busy = np.clip(generator.normal(0.3, 0.04, times.size) + 0.68 * (during & (node == hot)), 0.01, 0.99)
                shares = {"idle": (1 - busy) * 0.9, "iowait": (1 - busy) * 0.1, "user": busy * 0.7, "system": busy * 0.3}
                for mode, share in shares.items():
                    labels = {"cluster": cluster, "instance": f"{cluster}{node}:9100", "cpu": f"{cpu}", "mode": mode}
                    found.append(Series("node_cpu_seconds_total", labels, times, 1_000 + np.cumsum(share * STEP)))
    return found


def seen(panel: Any, series: Sequence[Series], time: float) -> dict[str, Any]:
    """Tell what Grafana would show of a panel: its title, its unit, and the last value of each line, by the words of its legend.

    Parameters
    ----------
    panel : dict
        In Grafana's own form (JSON): ``type``, ``title``, ``datasource``, ``targets`` with ``expr`` and ``legendFormat``, and ``fieldConfig`` with
        the ``unit`` in ``defaults``.
    series : sequence of Series
        What its data source holds.
    time : float
        At which second.

    Returns
    -------
    dict
        ``title``, ``type``, ``source``, ``unit`` and ``lines``.

    Raises
    ------
    NotYet
        If it is no panel, or its expression cannot be read, with the reason.

    References
    ----------
    Grafana documentation, "JSON model".

    Examples
    --------
    >>> node = Series("load", {"node": "a"}, [0, 60], [1, 2])
    >>> target = {"refId": "A", "expr": "load", "legendFormat": "{{node}}"}
    >>> settings = {"datasource": {"type": "prometheus", "uid": "p"}, "targets": [target], "fieldConfig": {"defaults": {"unit": "short"}}}
    >>> seen({"type": "timeseries", "title": "Load", **settings}, [node], 60)
    {'title': 'Load', 'type': 'timeseries', 'source': ['prometheus', 'p'], 'unit': 'short', 'lines': {'a': 2.0}}
    """
    source = _field(panel, "datasource", dict)
    targets = _field(panel, "targets", list)
    lines: dict[str, float] = {}
    for target in targets:
        _field(target, "refId", str)
        legend = _field(target, "legendFormat", str)
        for labels, value in evaluate(_field(target, "expr", str), series, [time])[0].items():
            words = legend
            for name, label in labels:
                words = words.replace("{{" + name + "}}", label).replace("{{ " + name + " }}", label)
            if words in lines:
                raise _no_panel(f"two lines have the same legend, {words!r}; each must have its own")
            lines[words] = round(value, 9)
    return {
        "title": _field(panel, "title", str),
        "type": _field(panel, "type", str),
        "source": [_field(source, "type", str), _field(source, "uid", str)],
        "unit": _field(_field(_field(panel, "fieldConfig", dict), "defaults", dict), "unit", str),
        "lines": dict(sorted(lines.items())),
    }


def called(rule: Any, series: Sequence[Series], minutes: int = 30) -> dict[str, list[float]]:
    """Evaluate an alert rule every 15 seconds, as Prometheus and Grafana do, and tell who was called for, and when.

    Parameters
    ----------
    rule : dict
        ``alert``, its name; ``expr``, which gives something for as long as all is not well; and ``for``, such as ``"5m"``.
    series : sequence of Series
        What has been scraped.
    minutes : int, optional
        For how long.

    Returns
    -------
    dict
        For each instance whose alert fired (``""`` if the expression keeps no label ``instance``), the seconds at which.

    Raises
    ------
    NotYet
        If it is no rule, or its expression cannot be read, with the reason.

    Examples
    --------
    >>> load = Series("load", {"instance": "a"}, [0, 15, 30, 45, 60], [1, 9, 9, 9, 9])
    >>> called({"alert": "Busy", "expr": "load > 5", "for": "30s"}, [load], minutes=1)
    {'a': [45.0]}
    """
    _field(rule, "alert", str)
    patience = _patience(_field(rule, "for", str))
    times = np.arange(0, 60 * checks.integer("minutes", minutes, minimum=1) + 1, STEP)
    there: dict[str, list[bool]] = {}
    for number, found in enumerate(evaluate(_field(rule, "expr", str), series, times.tolist())):
        for labels in found:
            there.setdefault(dict(labels).get("instance", ""), [False] * times.size)[number] = True
    fired = {name: monitoring.alert(times, np.array(active, dtype=float), 0.5, patience).fired.tolist() for name, active in there.items()}
    return {name: moments for name, moments in sorted(fired.items()) if moments}


def _patience(text: str) -> float:
    units = {"s": 1.0, "m": 60.0, "h": 3_600.0}
    if not text[:-1].isdigit() or text[-1:] not in units:
        raise NotYet(f"almost: the alert – for is {text!r}, but must be a time, such as '90s' or '5m'. Look next: the form that the text gives.")
    return float(text[:-1]) * units[text[-1]]


def _field(of: Any, name: str, kind: type) -> Any:
    if type(of) is not dict or type(of.get(name)) is not kind:
        raise _no_panel(f"{name!r} must be there, as {'text' if kind is str else kind.__name__}")
    return of[name]


def _no_panel(reason: str) -> NotYet:
    return NotYet(f"almost: what your function returns – {reason}. Look next: the form that the text gives.")
