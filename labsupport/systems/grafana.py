"""Grafana as code: a dashboard, its data source and its alerts as files, checked before anybody's screen shows them.

Grafana itself is in no package archive that this course installs from, so it cannot be started here, and nothing here is drawn. What is
kept in files can be looked at all the same: whether the structure is Grafana's, whether Prometheus could read each query, whether the
query asks what its author meant – and, where Prometheus runs, what it answers.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labsupport import checks
from labsupport.systems.grafana_schema import ALERT, COLUMNS, DASHBOARD, as_plain_data, wrong_structure
from labsupport.systems.promql import check_query, compares, filled, labels_of, legend_labels

if TYPE_CHECKING:
    import pandas as pd

    from labsupport.systems.prometheus import PrometheusClient

__all__ = ["NOT_HERE", "Panel", "alert", "answers", "check", "check_alert", "dashboard", "example", "provisioning"]

NOT_HERE = (
    "Grafana cannot be started here: Debian, Ubuntu and Python's package index do not have it. Its files are checked for form, and Prometheus, "
    "where it runs, answers their queries; how a panel looks, only Grafana shows."
)
SOURCE = "prometheus"  # the uid of the data source
SCHEMA = 36  # the version of Grafana's structure: that of Grafana 9 and 10, which newer ones read, too
WIDTH, HEIGHT = 12, 8  # of a panel: two beside each other
MOST_PANELS = 100
ALREADY = "compares already, and has no result at all while all is well: Grafana calls that no data. Leave the limit to the threshold"
FINDINGS = ["place", "kind", "finding"]


@dataclass(frozen=True)
class Panel:
    """What one panel shows.

    Parameters
    ----------
    title : str
        What it is called.
    query : str
        What is asked of Prometheus, in PromQL. A window may be ``$__rate_interval``, which Grafana fills in: four scrapes or more.
    unit : str, optional
        Grafana's name of a unit: such as "s", "reqps" (requests a second), "percentunit" (0 to 1), "bytes", "short" (none).
    legend : str, optional
        How each line is called, with labels as ``{{instance}}``; by default Grafana shows all labels.
    limit : float, optional
        Where a red line is drawn.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be; whether the query is one, `check` says.

    Examples
    --------
    >>> Panel("Requests", "sum(rate(requests_total[$__rate_interval]))", unit="reqps").title
    'Requests'
    """

    title: str
    query: str
    unit: str = "short"
    legend: str = ""
    limit: float | None = None

    def __post_init__(self) -> None:
        for name in ("title", "query", "unit"):
            _text(name, getattr(self, name))
        if not isinstance(self.legend, str):
            raise TypeError(f"legend is {self.legend!r}, but must be text")
        if self.limit is not None:
            checks.number("limit", self.limit)


def dashboard(title: str, panels: Sequence[Panel], refresh: str = "10s", hours: float = 1.0) -> dict[str, Any]:
    """Put panels on a dashboard, two beside each other.

    Parameters
    ----------
    title : str
        What it is called.
    panels : sequence of Panel
        In the order in which they are read, at most 100.
    refresh : str, optional
        How often it is drawn again, such as "10s".
    hours : float, optional
        How much time it shows, up to now, from 0.01 to 10,000 hours.

    Returns
    -------
    dict
        As Grafana reads it from a file in JSON.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be.

    References
    ----------
    Grafana documentation, "Dashboard JSON model".

    Examples
    --------
    >>> made = dashboard("Shop", [Panel("Up", "up")])
    >>> made["panels"][0]["targets"][0]["expr"]
    'up'
    """
    if isinstance(panels, Panel) or not all(isinstance(panel, Panel) for panel in panels):
        raise TypeError(f"panels is {panels!r}, but must hold panels")
    if not 1 <= len(panels) <= MOST_PANELS:
        raise ValueError(f"panels holds {len(panels)}, but must hold from 1 to {MOST_PANELS}")
    minutes = round(60 * checks.number("hours", hours, 0.01, 10_000))
    return {
        "uid": _identifier(title),
        "title": _text("title", title),
        "schemaVersion": SCHEMA,
        "timezone": "browser",
        "refresh": _text("refresh", refresh),
        "time": {"from": f"now-{max(1, minutes)}m", "to": "now"},
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": SOURCE}
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    shown: dict[str, Any] = {"unit": panel.unit}
    if panel.limit is not None:
        steps.append({"color": "red", "value": float(panel.limit)})
        shown["custom"] = {"thresholdsStyle": {"mode": "line"}}
    target = {"refId": "A", "datasource": source, "expr": panel.query}
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": source,
        "gridPos": {"x": WIDTH * (number % (COLUMNS // WIDTH)), "y": HEIGHT * (number // (COLUMNS // WIDTH)), "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {**shown, "thresholds": {"mode": "absolute", "steps": steps}}, "overrides": []},
        "targets": [target | ({"legendFormat": panel.legend} if panel.legend else {})],
    }


def alert(title: str, query: str, limit: float, patience: float = 60.0) -> dict[str, Any]:
    """Write an alert rule of Grafana's: it fires once the query's latest value has been above a limit for so long.

    Parameters
    ----------
    title : str
        What it is called.
    query : str
        What is asked of Prometheus, in PromQL.
    limit : float
        Above which somebody is to be called.
    patience : float, optional
        Seconds for which it must have been so, at least 0.

    Returns
    -------
    dict
        As Grafana reads it from a file, in a group of rules.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be.

    References
    ----------
    Grafana documentation, "Use configuration files to provision alerting resources".

    Examples
    --------
    >>> alert("Slow", "job:request_seconds:p99", limit=0.3)["for"]
    '60s'
    """
    seconds = round(checks.number("patience", patience, minimum=0))
    threshold = {
        "refId": "B",
        "type": "threshold",
        "expression": "A",
        "conditions": [{"evaluator": {"type": "gt", "params": [checks.number("limit", limit)]}}],
    }
    return {
        "uid": _identifier(title),
        "title": _text("title", title),
        "condition": "B",
        "for": f"{seconds}s",
        "data": [
            {
                "refId": "A",
                "datasourceUid": SOURCE,
                "relativeTimeRange": {"from": 600, "to": 0},
                "model": {"refId": "A", "expr": _text("query", query), "instant": True},
            },
            {"refId": "B", "datasourceUid": "__expr__", "model": threshold},
        ],
        "noDataState": "NoData",
        "execErrState": "Error",
    }


def provisioning(
    dashboards: Sequence[Mapping[str, Any]], alerts: Sequence[Mapping[str, Any]] = (), address: str = "http://127.0.0.1:9090", scrape: str = "15s"
) -> dict[str, str]:
    """Write the files that a new Grafana reads at its start: where its data comes from, its dashboards, and its alerts.

    Parameters
    ----------
    dashboards : sequence of dict
        As `dashboard` returns them.
    alerts : sequence of dict, optional
        As `alert` returns them.
    address : str, optional
        Where Prometheus answers; by default its own port.
    scrape : str, optional
        How often Prometheus scrapes: ``$__rate_interval`` is four times that, or more.

    Returns
    -------
    dict of str to str
        The text of each file by its path below Grafana's folder ``/etc/grafana``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it must be.

    References
    ----------
    Grafana documentation, "Provision Grafana".

    Examples
    --------
    >>> list(provisioning([dashboard("Shop", [Panel("Up", "up")])]))
    ['provisioning/datasources/prometheus.yml', 'provisioning/dashboards/course.yml', 'dashboards/shop.json']
    """
    import yaml

    if not isinstance(address, str) or not re.fullmatch(r"https?://[\w.-]+(:\d+)?(/[\w./-]*)?", address):
        raise ValueError(f"address is {address!r}, but must be such as 'http://127.0.0.1:9090'")
    source = {"name": "Prometheus", "uid": SOURCE, "type": "prometheus", "access": "proxy", "url": address, "isDefault": True}
    source["jsonData"] = {"timeInterval": _text("scrape", scrape)}
    provider = {"name": "course", "type": "file", "options": {"path": "/etc/grafana/dashboards"}}
    files: dict[str, Any] = {
        "provisioning/datasources/prometheus.yml": {"apiVersion": 1, "datasources": [source]},
        "provisioning/dashboards/course.yml": {"apiVersion": 1, "providers": [provider]},
    }
    if alerts:
        group = {"orgId": 1, "name": "course", "folder": "course", "interval": scrape, "rules": as_plain_data(list(alerts))}
        files["provisioning/alerting/course.yml"] = {"apiVersion": 1, "groups": [group]}
    texts = {path: yaml.safe_dump(content, sort_keys=False, allow_unicode=True) for path, content in files.items()}
    return texts | {f"dashboards/{each['uid']}.json": json.dumps(each, indent=2, ensure_ascii=False) + "\n" for each in dashboards}


def check(dashboard: Mapping[str, Any]) -> pd.DataFrame:
    """Look at a dashboard: its structure, where its panels stand, and what its queries ask.

    Parameters
    ----------
    dashboard : dict
        As `dashboard` returns it. Of what Grafana itself may export, panels without a query, such as rows and texts, are not known here.

    Returns
    -------
    pandas.DataFrame
        One row for each finding: ``place``, such as ``panels[0].title``; ``kind``; and ``finding``, a sentence. Kinds are "structure" (not
        Grafana's), "layout" (panels on each other, numbers given twice), "query" (Prometheus could not read it), "meaning" (it could, but
        what comes is hardly what was meant) and "unchecked" (what checks queries is not installed). No row if nothing was found.

    Raises
    ------
    TypeError
        If it is no dict, or holds what a file in JSON cannot.

    Examples
    --------
    >>> check(dashboard("Shop", [Panel("Up", "up")])).query("kind != 'unchecked'").empty
    True
    >>> check({"uid": "shop", "title": "Shop", "schemaVersion": 36, "panels": []}).iloc[0].to_dict()
    {'place': 'panels', 'kind': 'structure', 'finding': 'is empty'}
    """
    plain = _plain("dashboard", dashboard)
    found = [(place, "structure", sentence) for place, sentence in wrong_structure(plain, DASHBOARD)]
    panels = plain.get("panels")
    if isinstance(panels, list) and all(isinstance(panel, dict) for panel in panels):
        found += _layout(panels)
        found += [row for number, panel in enumerate(panels) for row in _queries(f"panels[{number}]", panel)]
    return _table(found)


def check_alert(rule: Mapping[str, Any]) -> pd.DataFrame:
    """Look at an alert rule: its structure, what decides, and what its queries ask.

    Parameters
    ----------
    rule : dict
        As `alert` returns it.

    Returns
    -------
    pandas.DataFrame
        As `check` returns it.

    Raises
    ------
    TypeError
        If it is no dict, or holds what a file in JSON cannot.

    Examples
    --------
    >>> check_alert(alert("Slow", "job:request_seconds:p99", limit=0.3) | {"condition": "C"}).iloc[0]["finding"]
    "is 'C', but the rule's data are A and B"
    """
    plain = _plain("rule", rule)
    found = [(place, "structure", sentence) for place, sentence in wrong_structure(plain, ALERT)]
    if not found:
        names = [part["refId"] for part in plain["data"]]
        if plain["condition"] not in names:
            found.append(("condition", "structure", f"is {plain['condition']!r}, but the rule's data are {' and '.join(names)}"))
        for number, part in enumerate(plain["data"]):
            place = f"data[{number}].model"
            if part["datasourceUid"] == "__expr__":
                named = part["model"].get("expression")
                if named not in names:
                    found.append((f"{place}.expression", "structure", f"is {named!r}, but the rule's data are {' and '.join(names)}"))
            elif not isinstance(part["model"].get("expr"), str):
                found.append((place, "structure", "has no expr: what is to be asked"))
            else:
                query = part["model"]["expr"]
                found += [(f"{place}.expr", kind, sentence) for kind, sentence in check_query(query)]
                if compares(query):
                    found.append((f"{place}.expr", "meaning", ALREADY))
    return _table(found)


def answers(dashboard: Mapping[str, Any], client: PrometheusClient, window: str = "1m") -> pd.DataFrame:
    """Ask a real Prometheus what each panel would show at this moment.

    Parameters
    ----------
    dashboard : dict
        As `dashboard` returns it.
    client : PrometheusClient
        From a ``with`` block of `labsupport.systems.prometheus.Prometheus`.
    window : str, optional
        What ``$__rate_interval`` stands for.

    Returns
    -------
    pandas.DataFrame
        One row for each line that would be drawn: ``panel``, its title; ``series``, its labels; ``value``. A panel without data has none.

    Raises
    ------
    ValueError
        If Prometheus does not understand a query, with what it says.
    OSError
        If it does not answer.

    Examples
    --------
    >>> class Client:
    ...     def query(self, expression):
    ...         return [{"metric": {"job": "app"}, "time": 0.0, "value": 1.0}]
    >>> answers(dashboard("Shop", [Panel("Up", "up")]), Client()).to_dict("records")
    [{'panel': 'Up', 'series': 'job=app', 'value': 1.0}]
    """
    import pandas as pd

    rows = [
        (panel["title"], ", ".join(f"{name}={value}" for name, value in sorted(series["metric"].items())), series["value"])
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for series in client.query(filled(target["expr"], window))
    ]
    return pd.DataFrame(rows, columns=["panel", "series", "value"])


def example() -> dict[str, Any]:
    """Return a dashboard for the application of `labsupport.systems.scraping`: rate, percentiles, mean, and whether it can be reached.

    Returns
    -------
    dict

    Examples
    --------
    >>> [panel["title"] for panel in example()["panels"]]
    ['Requests', '99th percentile', 'Mean', 'Reached']
    """
    rate = "rate(request_seconds_{}[$__rate_interval])"
    return dashboard(
        "Sample application",
        [
            Panel("Requests", f"sum({rate.format('count')})", unit="reqps", legend="all instances"),
            Panel("99th percentile", f"histogram_quantile(0.99, sum by (le) ({rate.format('bucket')}))", unit="s", legend="p99", limit=0.3),
            Panel("Mean", f"sum({rate.format('sum')}) / sum({rate.format('count')})", unit="s", legend="mean"),
            Panel("Reached", "up", legend="{{instance}}"),
        ],
    )


def _layout(panels: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with panels beside each other, as far as they say where they are."""
    numbers = [panel.get("id") for panel in panels]
    for number, given in enumerate(numbers):
        if given is not None and given in numbers[:number]:
            yield f"panels[{number}].id", "layout", f"is {given}, as that of panels[{numbers.index(given)}] is: each panel needs its own"
    places = [panel.get("gridPos") for panel in panels]
    boxes = {
        number: (place["x"], place["y"], place["x"] + place["w"], place["y"] + place["h"])
        for number, place in enumerate(places)
        if isinstance(place, dict) and all(type(place.get(side)) is int for side in "xywh")
    }
    for number, (_, _, right, _) in boxes.items():
        if right > COLUMNS:
            yield f"panels[{number}].gridPos", "layout", f"ends in column {right}, but a dashboard has {COLUMNS}"
    for (one, box), (other, second) in itertools.combinations(boxes.items(), 2):
        if box[0] < second[2] and second[0] < box[2] and box[1] < second[3] and second[1] < box[3]:
            yield f"panels[{other}].gridPos", "layout", f"lies on panels[{one}]"


def _queries(place: str, panel: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with a panel's queries, and with what is said of them."""
    targets = panel.get("targets")
    for number, target in enumerate(targets if isinstance(targets, list) else []):
        if not isinstance(target, dict) or not isinstance(target.get("expr"), str):
            continue  # said of the structure already
        where, query, legend = f"{place}.targets[{number}]", target["expr"], target.get("legendFormat")
        for kind, sentence in check_query(query):
            yield f"{where}.expr", kind, sentence
        kept = labels_of(query)
        if kept is not None and isinstance(legend, str):
            for label in legend_labels(legend):
                if label not in kept:
                    yield f"{where}.legendFormat", "meaning", f"names the label {label}, which the query does not keep"


def _table(found: Sequence[tuple[str, str, str]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(found, columns=FINDINGS)


def _plain(name: str, thing: Any) -> dict[str, Any]:
    if not isinstance(thing, Mapping):
        raise TypeError(f"{name} is {type(thing).__name__}, but must be a dict")
    try:
        plain: dict[str, Any] = as_plain_data(thing)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} holds what a file in JSON cannot hold: {error}") from None
    return plain


def _identifier(title: str) -> str:
    """Return a title's letters and digits, with a dash where there is anything else."""
    name = re.sub(r"[^a-z0-9]+", "-", _text("title", title).lower()).strip("-")[:40]
    if not name:
        raise ValueError(f"title is {title!r}, but must hold a letter from a to z, or a digit")
    return name


def _text(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r}, but must be text")
    if not value.strip():
        raise ValueError(f"{name} is empty, but must say something")
    return value
